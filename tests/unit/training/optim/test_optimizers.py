from dataclasses import replace
from types import MappingProxyType

import pytest
import torch
from torch import nn
from torch.optim import SGD

from ferfusion.errors import ConfigError
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.studies.plan import read_variants
from ferfusion.training.optim import optimizers
from ferfusion.training.optim.optimizers import OPTIMIZERS, make_optimizer, parameter_groups, set_rate
from ferfusion.training.optim.recipe import OptimizerRecipe
from helpers.trainings import MODEL, SHORT, checkpoint, different_weights, train


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.spatial_stream = nn.Linear(2, 2)
        self.head = nn.Linear(2, 1)


def one_weight(**settings):
    """A model of the single weight 1.0, and its optimizer."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return model, make_optimizer(model, OptimizerRecipe(**settings), learning_rate=0.1)


def values(model, optimizer, gradients):
    seen = []
    for gradient in gradients:
        model.weight.grad = torch.full_like(model.weight, gradient)
        optimizer.step()
        seen.append(float(model.weight.detach()))
    return seen


def test_parameter_groups_are_one_by_default():
    model = build_model(ModelConfig(), 6)
    (group,) = parameter_groups(model, OptimizerRecipe())
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]
    assert (group["rate_factor"], group["weight_decay"]) == (1.0, 0.0)


def test_parameter_groups_have_the_streams_rate_and_decay_only_matrices():
    model = Toy()
    groups = parameter_groups(model, OptimizerRecipe(encoder_rate=0.1, weight_decay=0.01))
    found = {(g["rate_factor"], g["weight_decay"]): [id(p) for p in g["params"]] for g in groups}
    assert found == {
        (0.1, 0.01): [id(model.spatial_stream.weight)],
        (0.1, 0.0): [id(model.spatial_stream.bias)],
        (1.0, 0.01): [id(model.head.weight)],
        (1.0, 0.0): [id(model.head.bias)],
    }


def test_parameter_groups_hold_every_parameter_once():
    model = build_model(ModelConfig(), 6)
    groups = parameter_groups(model, OptimizerRecipe(encoder_rate=0.5, weight_decay=0.1))
    found = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(found) == sorted(id(parameter) for parameter in model.parameters())


def test_set_rate_scales_the_rate_for_each_group():
    optimizer = make_optimizer(Toy(), OptimizerRecipe(encoder_rate=0.25), learning_rate=0.1)
    set_rate(optimizer, 0.8)
    assert sorted(group["lr"] for group in optimizer.param_groups) == [0.2, 0.8]


def test_sgd_with_nesterov_momentum_by_hand():
    model, optimizer = one_weight(optimizer="sgd")
    # v1 = 1, step = 1 + 0.9 * 1 = 1.9; v2 = 0.9 * 1 + 2 = 2.9, step = 2 + 0.9 * 2.9 = 4.61
    assert values(model, optimizer, [1.0, 2.0]) == pytest.approx([1 - 0.19, 1 - 0.19 - 0.461])


def test_sgd_has_weight_decay_in_the_gradient():
    model, optimizer = one_weight(optimizer="sgd", weight_decay=0.5)
    assert values(model, optimizer, [0.0]) == pytest.approx([1 - 0.1 * 1.9 * 0.5])


@pytest.mark.parametrize("name", ["rmsprop", "adamw"])
def test_weight_decay_of_rmsprop_and_adamw_is_decoupled_from_the_gradient(name):
    model, optimizer = one_weight(optimizer=name, weight_decay=0.5)
    assert values(model, optimizer, [0.0, 0.0]) == pytest.approx([0.95, 0.95**2])


def test_adamw_has_a_first_step_of_the_rate():
    model, optimizer = one_weight(optimizer="adamw")
    assert values(model, optimizer, [7.0]) == pytest.approx([0.9])


def test_optimizers_table_needs_one_item_for_a_new_optimizer(monkeypatch, dataset, tmp_path):
    """It trains, and is one variant of a study, by its name alone."""

    def plain(groups, recipe, *, learning_rate):
        return SGD(groups, lr=learning_rate)

    monkeypatch.setattr(optimizers, "OPTIMIZERS", MappingProxyType({**OPTIMIZERS, "plain-sgd": plain}))
    recipe = replace(SHORT, epochs=1, optimizer="plain-sgd")
    train(dataset, tmp_path / "plain", recipe=recipe)
    train(dataset, tmp_path / "sgd", recipe=replace(SHORT, epochs=1, optimizer="sgd"))
    # without momentum: weights that differ from those of the table's own sgd
    assert different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("plain", "sgd")))
    [variant] = read_variants(["optimizer=plain-sgd,epochs=1"], model=MODEL, recipe=SHORT)
    assert variant.recipe == recipe
    with pytest.raises(ConfigError, match="Did you mean 'plain-sgd'"):
        OptimizerRecipe(optimizer="plain-sdg")


def test_encoder_rate_of_a_hundredth_changes_the_streams_less(dataset, tmp_path):
    start = build_model(MODEL, 6).state_dict()
    moved = {}
    for factor in (1.0, 0.01):
        run = tmp_path / str(factor)
        train(dataset, run, recipe=replace(SHORT, epochs=1, encoder_rate=factor))
        state = checkpoint(run)["state_dict"]
        moved[factor] = float(
            (state["model.flow_stream.conv5.weight"] - start["flow_stream.conv5.weight"]).norm()
        )
    assert moved[0.01] < 0.05 * moved[1.0]
