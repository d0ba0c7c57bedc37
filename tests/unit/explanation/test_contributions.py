import pytest
import torch
from torch import nn

from ferfusion.explanation.contributions import blank_images, log_odds, stream_contributions, stream_inputs
from ferfusion.models.architectures import ARCHITECTURES
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig


class Sum(ExpressionModel):
    """Two classes; the first one's log-odds are what ``join`` makes of the means of face and motion."""

    def __init__(self, join):
        super().__init__()
        self.join = join

    @property
    def cam_layers(self):
        return {"spatial": nn.Identity(), "flow": nn.Identity()}

    @property
    def inputs_of_streams(self):
        return {"spatial": "spatial", "flow": "flow"}

    def forward(self, spatial, flow, frames=None):
        joined = self.join(spatial.mean(dim=(1, 2, 3)), flow.mean(dim=(1, 2, 3)))
        return torch.stack([joined, torch.zeros_like(joined)], dim=1)


def pair(face, motion):
    return torch.full((1, 3, 4, 4), face), torch.full((1, 3, 4, 4), motion)


REFERENCE = pair(0.5, 0.25)
FIRST = torch.tensor([0])


def values(contributions):
    return {name: pytest.approx(float(value[0]), abs=1e-6) for name, value in contributions.of_stream.items()}


def test_stream_contributions_of_a_sum_are_its_terms():
    model = Sum(lambda face, motion: 3 * face - 2 * motion)
    found = stream_contributions(model, pair(1.0, 1.0), FIRST, REFERENCE)
    assert values(found) == {"spatial": 3 * 0.5, "flow": -2 * 0.75}
    assert float(found.baseline) == pytest.approx(3 * 0.5 - 2 * 0.25)
    assert float(found.answer) == pytest.approx(1.0)


def test_stream_contributions_of_a_product_share_the_interaction():
    model = Sum(lambda face, motion: face * motion)
    found = stream_contributions(model, pair(2.0, 4.0), FIRST, pair(0.0, 0.0))
    assert values(found) == {"spatial": 4.0, "flow": 4.0}


def test_stream_contributions_of_equal_streams_are_equal():
    model = Sum(lambda face, motion: torch.maximum(face, motion) + face * motion)
    found = stream_contributions(model, pair(0.8, 0.8), FIRST, pair(0.1, 0.1))
    assert values(found)["spatial"] == values(found)["flow"].expected


def test_stream_contributions_of_a_stream_without_effect_are_zero():
    found = stream_contributions(Sum(lambda face, motion: face.exp()), pair(1.0, 9.0), FIRST, REFERENCE)
    assert float(found.of_stream["flow"]) == 0


def test_stream_contributions_to_the_other_of_two_classes_are_opposite():
    model, images = Sum(lambda face, motion: face - motion**2), pair(0.9, 0.3)
    for_it = stream_contributions(model, images, FIRST, REFERENCE).of_stream
    against = stream_contributions(model, images, FIRST + 1, REFERENCE).of_stream
    assert {name: float(value) for name, value in for_it.items()} == {
        name: pytest.approx(-float(value)) for name, value in against.items()
    }


def test_stream_contributions_are_divided_by_the_temperature():
    model, images = Sum(lambda face, motion: face * motion), pair(0.9, 0.3)
    plain, cooler = (
        stream_contributions(model, images, FIRST, REFERENCE, temperature=t).of_stream for t in (1, 2)
    )
    assert float(plain["spatial"]) == pytest.approx(2 * float(cooler["spatial"]))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_stream_contributions_add_up_to_the_answer_minus_the_baseline(architecture):
    config = ModelConfig(architecture=architecture, head_units=16, frames=3)
    model = build_model(config, 6).eval()
    generator = torch.Generator().manual_seed(1)
    images = tuple(torch.rand(4, *blank.shape[1:], generator=generator) for blank in blank_images(config))
    targets = torch.tensor([0, 5, 2, 2])
    found = stream_contributions(model, images, targets, blank_images(config))
    total = torch.stack(list(found.of_stream.values())).sum(0)
    torch.testing.assert_close(total, found.answer - found.baseline, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        torch.testing.assert_close(found.answer, log_odds(model(*images), targets))
        blank = model(*blank_images(config)).expand(4, -1)
    torch.testing.assert_close(found.baseline, log_odds(blank, targets), rtol=1e-4, atol=1e-5)


def test_stream_inputs_are_the_indices_of_the_models_arguments():
    found = {
        name: stream_inputs(build_model(ModelConfig(architecture=name, head_units=16), 6))
        for name in ("two-stream", "three-stream-conv3d", "lstm")
    }
    assert found == {
        "two-stream": {"spatial": 0, "flow": 1},
        "three-stream-conv3d": {"spatial": 0, "flow": 1, "conv3d": 2},
        "lstm": {"spatial": 2},
    }


def test_log_odds_are_those_of_the_probabilities():
    logits = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))
    p = logits.softmax(1)[:, 3]
    torch.testing.assert_close(log_odds(logits, torch.full((5,), 3)), (p / (1 - p)).log())


def test_log_odds_of_a_certain_prediction_are_finite():
    assert float(log_odds(torch.tensor([[200.0, 0.0]]), FIRST)) == pytest.approx(200)


def test_blank_images_are_grey_and_at_rest():
    face, still = blank_images(ModelConfig())
    assert (face == 0.5).all()
    assert still[0, :, 7, 7].tolist() == [0.5, 0.5, 0.0]  # u, v and magnitude of no motion
    assert blank_images(ModelConfig(architecture="lstm", frames=5))[2].shape == (1, 5, 3, 48, 48)
