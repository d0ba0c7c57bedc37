import pytest
import torch
from torch import nn

from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.training.optim.optimizers import OPTIMIZERS, make_optimizer, parameter_groups, set_rate
from ferfusion.training.recipe import OPTIMIZER_NAMES, TrainRecipe


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.spatial_stream = nn.Linear(2, 2)
        self.head = nn.Linear(2, 1)


def one_weight(**settings):
    """A model of the single weight 1.0, and its optimizer."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return model, make_optimizer(model, TrainRecipe(learning_rate=0.1, **settings))


def values(model, optimizer, gradients):
    seen = []
    for gradient in gradients:
        model.weight.grad = torch.full_like(model.weight, gradient)
        optimizer.step()
        seen.append(float(model.weight.detach()))
    return seen


def test_all_parameters_are_one_group_by_default():
    model = build_model(ModelConfig(), 6)
    (group,) = parameter_groups(model, TrainRecipe())
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]
    assert (group["rate_factor"], group["weight_decay"]) == (1.0, 0.0)


def test_streams_get_their_rate_and_only_matrices_decay():
    model = Toy()
    groups = parameter_groups(model, TrainRecipe(encoder_rate=0.1, weight_decay=0.01))
    found = {(g["rate_factor"], g["weight_decay"]): [id(p) for p in g["params"]] for g in groups}
    assert found == {
        (0.1, 0.01): [id(model.spatial_stream.weight)],
        (0.1, 0.0): [id(model.spatial_stream.bias)],
        (1.0, 0.01): [id(model.head.weight)],
        (1.0, 0.0): [id(model.head.bias)],
    }


def test_every_parameter_is_in_one_group():
    model = build_model(ModelConfig(), 6)
    groups = parameter_groups(model, TrainRecipe(encoder_rate=0.5, weight_decay=0.1))
    found = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(found) == sorted(id(parameter) for parameter in model.parameters())


def test_the_schedules_rate_is_scaled_for_each_group():
    optimizer = make_optimizer(Toy(), TrainRecipe(encoder_rate=0.25))
    set_rate(optimizer, 0.8)
    assert sorted(group["lr"] for group in optimizer.param_groups) == [0.2, 0.8]


def test_sgd_with_nesterov_momentum_by_hand():
    model, optimizer = one_weight(optimizer="sgd")
    # v1 = 1, step = 1 + 0.9 * 1 = 1.9; v2 = 0.9 * 1 + 2 = 2.9, step = 2 + 0.9 * 2.9 = 4.61
    assert values(model, optimizer, [1.0, 2.0]) == pytest.approx([1 - 0.19, 1 - 0.19 - 0.461])


def test_weight_decay_is_in_the_gradient_of_sgd():
    model, optimizer = one_weight(optimizer="sgd", weight_decay=0.5)
    assert values(model, optimizer, [0.0]) == pytest.approx([1 - 0.1 * 1.9 * 0.5])


@pytest.mark.parametrize("name", ["rmsprop", "adamw"])
def test_weight_decay_is_apart_from_the_gradient_of_the_others(name):
    model, optimizer = one_weight(optimizer=name, weight_decay=0.5)
    assert values(model, optimizer, [0.0, 0.0]) == pytest.approx([0.95, 0.95**2])


def test_adamw_takes_a_first_step_of_the_rate():
    model, optimizer = one_weight(optimizer="adamw")
    assert values(model, optimizer, [7.0]) == pytest.approx([0.9])


def test_the_table_has_the_names_of_the_recipe():
    assert set(OPTIMIZERS) == set(OPTIMIZER_NAMES)
