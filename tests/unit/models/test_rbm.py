"""RBMs so small that all their states can be counted."""

from itertools import product

import pytest
import torch

from ferfusion.models.rbm import Rbm

HIDDEN, VISIBLE = 3, 4
HIDDEN_STATES = torch.tensor(list(product((0.0, 1.0), repeat=HIDDEN)))
VISIBLE_STATES = torch.tensor(list(product((0.0, 1.0), repeat=VISIBLE)))


def small_rbm(*, real):
    generator = torch.Generator().manual_seed(1)
    weight, hidden_bias, visible_bias = (
        torch.randn(shape, generator=generator) for shape in ((HIDDEN, VISIBLE), (HIDDEN,), (VISIBLE,))
    )
    return Rbm(weight, hidden_bias, visible_bias, real)


def energy(rbm, visible, hidden):
    """Of one state of all units, term by term, as in the definition."""
    value = 0.0
    for j in range(HIDDEN):
        value -= rbm.hidden_bias[j] * hidden[j]
        for i in range(VISIBLE):
            value -= hidden[j] * rbm.weight[j, i] * visible[i]
    for i in range(VISIBLE):
        if rbm.real:
            value += (visible[i] - rbm.visible_bias[i]) ** 2 / 2
        else:
            value -= rbm.visible_bias[i] * visible[i]
    return value


def boltzmann(rbm, visible):
    """exp(-energy) of one visible state with each hidden state."""
    return torch.stack([torch.exp(-energy(rbm, visible, hidden)) for hidden in HIDDEN_STATES])


SOME_STATES = {False: VISIBLE_STATES, True: torch.tensor([[0.3, -1.2, 0.0, 2.0], [-0.5, 0.1, 1.0, -1.0]])}


@pytest.mark.parametrize("real", [False, True])
def test_rbm_hidden_probabilities_are_those_of_all_states_counted(real):
    rbm = small_rbm(real=real)
    for visible in SOME_STATES[real]:
        weights = boltzmann(rbm, visible)
        counted = (weights.unsqueeze(1) * HIDDEN_STATES).sum(0) / weights.sum()
        torch.testing.assert_close(rbm.hidden_probabilities(visible.unsqueeze(0))[0], counted)


@pytest.mark.parametrize("real", [False, True])
def test_rbm_free_energy_is_that_of_all_hidden_states_together(real):
    rbm = small_rbm(real=real)
    counted = torch.stack([-torch.log(boltzmann(rbm, visible).sum()) for visible in SOME_STATES[real]])
    torch.testing.assert_close(rbm.free_energy(SOME_STATES[real]), counted)


def test_rbm_free_energy_gives_the_probability_of_a_visible_state():
    rbm = small_rbm(real=False)
    joint = torch.stack([boltzmann(rbm, visible) for visible in VISIBLE_STATES])
    probabilities = torch.softmax(-rbm.free_energy(VISIBLE_STATES), dim=0)
    torch.testing.assert_close(probabilities, joint.sum(1) / joint.sum())


def test_rbm_visible_means_are_those_of_all_states_counted():
    rbm = small_rbm(real=False)
    for hidden in HIDDEN_STATES:
        weights = torch.stack([torch.exp(-energy(rbm, visible, hidden)) for visible in VISIBLE_STATES])
        counted = (weights.unsqueeze(1) * VISIBLE_STATES).sum(0) / weights.sum()
        torch.testing.assert_close(rbm.visible_means(hidden.unsqueeze(0))[0], counted)


def test_rbm_real_visible_units_are_normal_around_their_mean():
    """Where the energy is least its slope is 0; that is the mean of the normal distribution."""
    rbm = small_rbm(real=True)
    for hidden in HIDDEN_STATES:
        mean = rbm.visible_means(hidden.unsqueeze(0))[0].requires_grad_()
        (slope,) = torch.autograd.grad(energy(rbm, mean, hidden), mean)
        torch.testing.assert_close(slope, torch.zeros(VISIBLE), atol=1e-6, rtol=0)
