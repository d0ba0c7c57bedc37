from itertools import product

import pytest
import torch

from ferfusion.models.rbm import Rbm
from ferfusion.training.staged.rbm import contrastive_gradients, new_rbm, train_rbm

STATES = torch.tensor(list(product((0.0, 1.0), repeat=6)))
PATTERNS = torch.tensor([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noisy_patterns(count, *, flipped=0.05):
    """One of two patterns, each unit of it flipped now and then."""
    generator = seeded(5)
    chosen = PATTERNS[torch.randint(2, (count,), generator=generator)]
    return (chosen - (torch.rand(count, 6, generator=generator) < flipped).float()).abs()


def log_likelihood(rbm, data):
    """The exact one, with all 64 states of the visible units counted."""
    return float((-rbm.free_energy(data) - torch.logsumexp(-rbm.free_energy(STATES), 0)).mean())


def test_train_rbm_raises_the_likelihood_and_lowers_the_reconstruction_error():
    data = noisy_patterns(400)
    rbm = new_rbm(6, 4, real=False, generator=seeded())
    before = log_likelihood(rbm, data)
    errors = list(train_rbm(rbm, data, epochs=60, batch_size=20, generator=seeded(1)))
    assert len(errors) == 60
    assert errors[-1] < errors[0] / 2
    assert before == pytest.approx(-6 * 0.6931, abs=0.01)  # untrained: every unit is on with probability 1/2
    # the data's own entropy is about -1.8; an RBM that had learned the means alone would stay at -4.2
    assert log_likelihood(rbm, data) > -2.3


def test_train_rbm_lowers_the_reconstruction_error_of_real_units():
    generator = seeded(2)
    data = torch.randn(300, 3, generator=generator) @ torch.randn(3, 10, generator=generator)
    data = (data - data.mean(0)) / data.std(0)
    rbm = new_rbm(10, 8, real=True, generator=generator)
    errors = list(train_rbm(rbm, data, epochs=200, batch_size=10, generator=generator))
    assert errors[-1] < errors[0] / 2


def test_contrastive_gradients_are_the_difference_of_two_correlations():
    """With hidden units of probability 0 or 1 nothing is random, and all gradients follow by hand."""
    rbm = Rbm(
        weight=torch.zeros(2, 2),
        hidden_bias=torch.tensor([200.0, -200.0]),
        visible_bias=torch.tensor([0.0, 200.0]),
        real=False,
    )
    visible = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    (weight, hidden_bias, visible_bias), reconstruction = contrastive_gradients(
        rbm, visible, generator=seeded()
    )
    assert reconstruction.tolist() == [[0.5, 1.0], [0.5, 1.0]]
    assert weight.tolist() == [[0.5 - 0.5, 0.0 - 1.0], [0.0, 0.0]]
    assert hidden_bias.tolist() == [0.0, 0.0]
    assert visible_bias.tolist() == [0.5 - 0.5, 0.0 - 1.0]


def test_train_rbm_follows_from_the_generator_and_keeps_the_global_random_state():
    state = torch.random.get_rng_state()
    rbms = []
    for seed in (3, 3, 4):
        rbm = new_rbm(6, 4, real=False, generator=seeded(seed))
        list(train_rbm(rbm, noisy_patterns(40), epochs=2, batch_size=7, generator=seeded(seed)))
        rbms.append(rbm)
    assert torch.equal(rbms[0].weight, rbms[1].weight)
    assert not torch.equal(rbms[0].weight, rbms[2].weight)
    assert torch.equal(state, torch.random.get_rng_state())
