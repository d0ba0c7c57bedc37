import copy
import math

import pytest
import torch
from scipy.stats import spearmanr

from ferfusion.explanation.randomisation import randomised_steps, rank_correlation
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig


def test_rank_correlation_equals_scipys():
    generator = torch.Generator().manual_seed(0)
    first = torch.rand(4, 1, 3, 3, generator=generator).relu()
    second = (torch.rand(4, 1, 3, 3, generator=generator) - 0.4).relu()  # with ties at 0
    each = [spearmanr(a.flatten(), b.flatten()).statistic for a, b in zip(first, second, strict=True)]
    assert rank_correlation(first, second) == pytest.approx(sum(each) / 4)


def test_rank_correlation_leaves_out_constant_maps():
    maps = torch.rand(2, 1, 3, 3)
    flat = maps.clone()
    flat[1] = 0
    assert rank_correlation(maps, flat) == pytest.approx(1)
    assert math.isnan(rank_correlation(maps, torch.zeros_like(maps)))


@pytest.mark.parametrize(
    ("architecture", "layers"),
    [
        ("two-stream", "dense3 dense2 dense1 conv5 conv4 conv3 conv2 conv1"),
        ("lstm", "dense3 dense2 dense1 decoder.lstm conv5 conv4 conv3 conv2 conv1"),
    ],
)
def test_randomised_steps_go_from_the_logits_down(architecture, layers):
    config = ModelConfig(architecture=architecture, head_units=16, frames=3)
    model = build_model(config, 6).eval()
    weights = copy.deepcopy(model.state_dict())
    windows = (torch.rand(3, 3, 3, 48, 48),) if config.window else ()
    images = (torch.rand(3, 3, 48, 48), torch.rand(3, 3, 48, 48), *windows)
    state = torch.random.get_rng_state()
    steps = randomised_steps(model, images, torch.tensor([0, 1, 2]), seed=0)
    assert [step.name for step in steps] == ["", *layers.split()]
    assert steps[0].correlations == dict.fromkeys(model.cam_layers, 1.0)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)
    again = randomised_steps(model, images, torch.tensor([0, 1, 2]), seed=0)
    assert [str(step) for step in again] == [str(step) for step in steps]


def test_randomised_steps_group_the_depths_of_a_deep_stream():
    model = build_model(ModelConfig(architecture="spatial", stream="vgg16", head_units=16), 6).eval()
    images = (torch.rand(1, 3, 48, 48), torch.rand(1, 3, 48, 48))
    steps = randomised_steps(model, images, torch.tensor([0]), seed=0)
    assert len(steps) == 1 + 3 + 7  # thirteen convolutions, two at a time
    assert steps[-1].name == "features.0"
