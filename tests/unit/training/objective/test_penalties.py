import pytest
import torch

from ferfusion.data.batches import Batch
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.heads import DenseHead
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.objective.penalties import ActivityProbe, l1_activity_penalty, l2_kernel_penalty
from ferfusion.training.recipe import TrainRecipe
from helpers.inputs import drawn_inputs


def loss_of(model, batch, **penalties):
    recipe = TrainRecipe(**{"l2_kernel": 0.0, **penalties})
    training = ExpressionTraining(model, recipe, class_counts=[1] * 6, batches_per_epoch=1)
    with torch.random.fork_rng(devices=[]):
        training.on_train_epoch_start()
    return float(training.training_step(batch, 0).detach())


@pytest.mark.parametrize("architecture", ["two-stream", "late-fusion", "lstm"])
def test_penalties_are_on_every_head_of_a_model(architecture):
    config = ModelConfig(architecture=architecture, dropout=0.0, frames=3)
    model = build_model(config, 6)
    inputs = drawn_inputs(config)
    batch = Batch(*inputs[:2], torch.tensor([0, 1]), torch.arange(2), frames=inputs[2])
    activities = []
    for head in model.heads:
        head.dense2.register_forward_hook(lambda *args: activities.append(args[-1].detach().relu()))
    plain = loss_of(model, batch)
    squares = sum(float(head.dense2.weight.detach().square().sum()) for head in model.heads)
    assert loss_of(model, batch, l2_kernel=0.01) == pytest.approx(plain + 0.01 * squares, rel=1e-4)
    absolute = sum(float(activity.sum()) / 2 for activity in activities[: len(model.heads)])
    assert loss_of(model, batch, l1_activity=0.1) == pytest.approx(plain + 0.1 * absolute, rel=1e-4)


def test_penalties_of_the_second_dense_layer_by_hand():
    head = DenseHead(4, 6, dropout=0.0, units=8)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.zero_()
        head.dense2.weight[0, :3] = torch.tensor([1.0, -2.0, 3.0])
        head.dense2.bias[:2] = torch.tensor([0.5, -7.0])
    assert float(l2_kernel_penalty(head, 0.01).detach()) == pytest.approx(0.01 * 14)
    probe = ActivityProbe(head)
    head(torch.zeros(3, 4))
    # every sample has an output of 0.5 and a negative one that the ReLU cuts; the mean over samples is 0.5
    assert float(l1_activity_penalty(probe.activity, 0.01).detach()) == pytest.approx(0.01 * 0.5)
    probe.remove()
    head(torch.ones(1, 4))
    assert len(probe.activity) == 3
