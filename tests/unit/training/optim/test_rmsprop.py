import math
from typing import Any

import pytest
import torch

from ferfusion.training.optim.rmsprop import KerasRMSprop


def steps(parameter, gradients, **settings):
    optimizer = KerasRMSprop([parameter], **settings)
    values = []
    for gradient in gradients:
        parameter.grad = torch.full_like(parameter, gradient)
        optimizer.step()
        values.append(float(parameter.detach()[0]))
    return values


def test_rmsprop_steps_by_hand():
    # mean: 0.1 * 4 = 0.4; then 0.9 * 0.4 + 0.1 * 1 = 0.46; then 0.9 * 0.46 + 0.1 * 0.25 = 0.439
    expected = [10 - 0.1 * 2 / math.sqrt(0.4 + 0.05)]
    expected.append(expected[-1] - 0.1 * -1 / math.sqrt(0.46 + 0.05))
    expected.append(expected[-1] - 0.1 * 0.5 / math.sqrt(0.439 + 0.05))
    weight = torch.nn.Parameter(torch.tensor([10.0]))
    assert steps(weight, [2.0, -1.0, 0.5], lr=0.1, rho=0.9, epsilon=0.05) == pytest.approx(expected)


def test_rmsprop_has_the_documented_first_step_of_keras():
    """keras.optimizers.RMSprop's docstring: from 10, with a gradient of 10 and a rate of 0.1, to 9.683772."""
    weight = torch.nn.Parameter(torch.tensor([10.0]))
    assert steps(weight, [10.0], lr=0.1) == pytest.approx([9.683772])


def test_rmsprop_has_epsilon_inside_the_root():
    weight = torch.nn.Parameter(torch.tensor([0.0]))
    gradient = (
        1e-6  # its square is far below epsilon: the step is gradient / sqrt(epsilon), not gradient / itself
    )
    assert steps(weight, [gradient], lr=1.0) == pytest.approx([-gradient / math.sqrt(1e-7 + 1e-13)], rel=1e-5)


def test_rmsprop_keeps_parameters_without_gradient_and_calls_a_closure():
    moved, stays = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    optimizer = KerasRMSprop([moved, stays], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = moved.sum()
        loss.backward()
        return loss

    loss: Any = optimizer.step(closure)  # torch declares a float, but this closure returns a tensor
    assert float(loss.detach()) == 2.0
    assert torch.equal(stays.detach(), torch.ones(2))
    assert not torch.equal(moved.detach(), torch.ones(2))


def test_rmsprop_resumes_from_its_state():
    gradients = [2.0, -1.0, 0.5, 3.0]
    whole = torch.nn.Parameter(torch.tensor([1.0]))
    expected = steps(whole, gradients, lr=0.1)
    first = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = KerasRMSprop([first], lr=0.1)
    for gradient in gradients[:2]:
        first.grad = torch.tensor([gradient])
        optimizer.step()
    second = torch.nn.Parameter(first.detach().clone())
    resumed = KerasRMSprop([second], lr=0.1)
    resumed.load_state_dict(optimizer.state_dict())
    for gradient in gradients[2:]:
        second.grad = torch.tensor([gradient])
        resumed.step()
    assert float(second.detach()[0]) == expected[-1]
