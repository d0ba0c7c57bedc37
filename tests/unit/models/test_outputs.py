"""Outputs in two steps, held against the steps computed one by one."""

import pytest
import torch
from torch.nn import functional as F

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.outputs import OUTPUTS, CascadeOutput, SphereOutput, TwoStepOutput, set_majority
from helpers.inputs import drawn_inputs

MAJORITY, CLASSES, UNITS = 2, 5, 12
REST = [code for code in range(CLASSES) if code != MAJORITY]
TWO_STEPS = [name for name, kind in OUTPUTS.items() if issubclass(kind, TwoStepOutput)]


def output(kind):
    torch.manual_seed(3)
    layer = kind(UNITS, CLASSES)
    set_majority(layer, MAJORITY)
    return layer


@pytest.fixture
def hidden():
    return torch.randn(7, UNITS, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _random_state_is_given_back():
    with torch.random.fork_rng():
        yield


def first_step(layer, hidden):
    """The majority's probability, computed apart."""
    if isinstance(layer, CascadeOutput):
        return torch.sigmoid(hidden @ layer.weight[MAJORITY] + layer.bias[MAJORITY])
    z = hidden @ layer.sphere.weight.T + layer.sphere.bias
    return torch.exp(1 - torch.sqrt(z.square().sum(1) + 1))


@pytest.mark.parametrize("name", TWO_STEPS)
def test_two_step_outputs_have_the_probabilities_of_both_steps(name, hidden):
    layer = output(OUTPUTS[name])
    probabilities = layer(hidden).softmax(1)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(len(hidden)))
    majority = first_step(layer, hidden)
    torch.testing.assert_close(probabilities[:, MAJORITY], majority)
    among_rest = (hidden @ layer.weight[REST].T + layer.bias[REST]).softmax(1)
    torch.testing.assert_close(probabilities[:, REST], (1 - majority)[:, None] * among_rest)


@pytest.mark.parametrize("name", TWO_STEPS)
def test_two_step_outputs_have_the_summed_cross_entropy_of_both_steps(name, hidden):
    layer, codes = output(OUTPUTS[name]), torch.tensor([2, 0, 2, 1, 3, 4, 2])
    is_majority = codes == MAJORITY
    first = F.binary_cross_entropy(first_step(layer, hidden), is_majority.float(), reduction="sum")
    places = torch.tensor([REST.index(int(code)) for code in codes[~is_majority]])
    rest = hidden[~is_majority] @ layer.weight[REST].T + layer.bias[REST]
    second = F.cross_entropy(rest, places, reduction="sum")
    torch.testing.assert_close(F.cross_entropy(layer(hidden), codes, reduction="sum"), first + second)


@pytest.mark.parametrize("name", TWO_STEPS)
def test_two_step_outputs_have_no_gradient_of_the_rest_from_the_majority(name, hidden):
    layer = output(OUTPUTS[name])
    F.cross_entropy(layer(hidden), torch.full((7,), MAJORITY)).backward()
    assert not layer.weight.grad[REST].abs().max() > 1e-7
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


def test_sphere_is_finite_at_its_centre():
    layer = output(SphereOutput)
    torch.nn.init.zeros_(layer.sphere.weight)
    torch.nn.init.zeros_(layer.sphere.bias)
    logits = layer(torch.ones(2, UNITS))
    F.cross_entropy(logits, torch.tensor([MAJORITY, 0])).backward()
    assert logits.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())
    assert float(logits[0].detach().softmax(0)[MAJORITY]) == pytest.approx(1, abs=1e-5)


def test_sphere_distance_is_pseudo_huber_near_and_far():
    layer = output(SphereOutput)
    torch.nn.init.zeros_(layer.sphere.weight)
    for length in (1e-2, 1.0, 1e3):
        torch.nn.init.constant_(layer.sphere.bias, length / len(layer.sphere.bias) ** 0.5)
        expected = (torch.tensor(length, dtype=torch.float64) ** 2 + 1).sqrt() - 1
        assert float(layer.distance(torch.zeros(1, UNITS)).detach()) == pytest.approx(
            float(expected), rel=1e-5
        )


@pytest.mark.parametrize("name", TWO_STEPS)
@pytest.mark.parametrize("architecture", ["two-stream", "late-fusion", "lstm"])
def test_two_step_outputs_are_on_every_head_of_a_model(name, architecture):
    config = ModelConfig(architecture=architecture, output=name, frames=3, head_units=16, dropout=0.0)
    model = build_model(config, CLASSES).eval()
    set_majority(model, MAJORITY)
    layers = [head.dense3 for head in model.heads]
    found = []
    for layer in layers:
        layer.register_forward_pre_hook(lambda layer, inputs: found.append(first_step(layer, inputs[0])))
    with torch.inference_mode():
        probabilities = model(*drawn_inputs(config, 3)).softmax(1)
    # late fusion averages the probabilities of its heads
    torch.testing.assert_close(probabilities[:, MAJORITY], torch.stack(found).mean(0))


def test_softmax_output_draws_the_same_weights_as_cascade():
    outputs = ("softmax", "cascade")
    plain, cascade = (build_model(ModelConfig(output=name), CLASSES, seed=1) for name in outputs)
    weights = cascade.state_dict()
    assert not weights.pop("head.dense3.majority").equal(torch.zeros(CLASSES))
    assert all(torch.equal(weights[name], tensor) for name, tensor in plain.state_dict().items())
    assert set(weights) == set(plain.state_dict())
