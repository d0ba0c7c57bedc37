from dataclasses import replace

import numpy as np
import pytest
import torch

from ferfusion.models.dbn import DeepBeliefNetwork
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.staged.dbn import SMALLEST_DEVIATION, fine_tune, pretrain
from ferfusion.training.staged.rbm import new_rbm, train_rbm

RECIPE = TrainRecipe(rbm_epochs=3, dbn_epochs=30, batch_size=8, dbn_learning_rate=0.01, seed=2)


@pytest.fixture
def inputs():
    values = torch.randn(40, 6, generator=torch.Generator().manual_seed(0)) * 5 + 3
    values[:, 5] = 1.25  # a unit that is always the same
    return values


def test_pretrain_sets_the_layers_to_rbms_trained_one_upon_the_other(inputs):
    network = DeepBeliefNetwork(6, (4, 3))
    lines = list(pretrain(network, inputs, recipe=RECIPE))
    generator = torch.Generator().manual_seed(2)
    deviation = inputs.std(0, correction=0).clamp(min=SMALLEST_DEVIATION)
    states = (inputs - inputs.mean(0)) / deviation
    for layer, (hidden, visible) in zip(network.layers, [(4, 6), (3, 4)], strict=True):
        rbm = new_rbm(visible, hidden, real=visible == 6, generator=generator)
        list(train_rbm(rbm, states, epochs=3, batch_size=8, generator=generator))
        assert isinstance(layer, torch.nn.Linear)
        assert torch.equal(layer.weight, rbm.weight)
        assert torch.equal(layer.bias, rbm.hidden_bias)
        states = rbm.hidden_probabilities(states)
    assert torch.equal(network(inputs), states)
    assert [line.partition(":")[0] for line in lines] == [
        "RBM 1, 6 to 4 units",
        "RBM 2, 4 to 3 units",
    ]


def test_pretrain_standardises_inputs_and_maps_a_constant_one_to_0(inputs):
    network = DeepBeliefNetwork(6, (4,))
    list(pretrain(network, inputs, recipe=RECIPE))
    states = network.standardise(inputs)
    torch.testing.assert_close(states.mean(0), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(states.std(0, correction=0)[:5], torch.ones(5))
    assert not states[:, 5].any()


def test_fine_tune_starts_from_the_rbms_and_learns_the_classes(inputs):
    codes = (inputs[:, 0] > 3).long().numpy()
    network = DeepBeliefNetwork(6, (4, 3))
    list(pretrain(network, inputs, recipe=RECIPE))
    pretrained = network.layers[0].weight.detach().clone()
    one_step = replace(RECIPE, dbn_epochs=1, dbn_learning_rate=1e-6, batch_size=40)
    assert len(list(fine_tune(network, inputs, codes, num_classes=2, recipe=one_step))) == 1
    # RMSprop's first step is the rate times sqrt(10) at most
    assert 0 < float((network.layers[0].weight.detach() - pretrained).abs().max()) < 4e-6
    list(fine_tune(network, inputs, codes, num_classes=2, recipe=RECIPE))
    features = network(inputs).detach()
    centres = torch.stack([features[codes == code].mean(0) for code in (0, 1)])
    nearest = torch.cdist(features, centres).argmin(1).numpy()
    assert (nearest == codes).mean() > 0.9


@pytest.mark.parametrize(("every", "same"), [(2, True), (10, False)])
def test_fine_tune_with_class_weights_differs_only_for_unequal_classes(inputs, every, same):
    codes = np.zeros(40, dtype=np.int64)
    codes[::every] = 1
    weights = {}
    for kind in ("none", "class-weights"):
        network = DeepBeliefNetwork(6, (4,))
        recipe = replace(RECIPE, imbalance=kind, dbn_epochs=2)
        list(pretrain(network, inputs, recipe=recipe))
        list(fine_tune(network, inputs, codes, num_classes=2, recipe=recipe))
        weights[kind] = network.layers[0].weight.detach()
    assert torch.allclose(weights["none"], weights["class-weights"], atol=1e-6) == same


def test_fine_tune_follows_from_the_seed_and_keeps_the_global_random_state(inputs):
    codes, found = np.arange(40) % 2, []
    state = torch.random.get_rng_state()
    for seed in (1, 1, 2):
        network, recipe = DeepBeliefNetwork(6, (4,)), replace(RECIPE, dbn_epochs=2, seed=seed)
        torch.random.set_rng_state(state)
        list(pretrain(network, inputs, recipe=recipe))
        list(fine_tune(network, inputs, codes, num_classes=2, recipe=recipe))
        found.append(network.layers[0].weight.detach())
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert torch.equal(state, torch.random.get_rng_state())
