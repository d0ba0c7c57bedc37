import copy
from dataclasses import replace

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ferfusion.models.bases import HeadedModel
from ferfusion.training.optim.ema import WeightAverage
from helpers.trainings import SHORT, checkpoint, train


class Net(HeadedModel):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1, bias=False)
        self.norm = nn.BatchNorm1d(1)


def averaged(average):
    """The network with the averaged weights."""
    return average.model


def averages(decay, weights):
    model = Net()
    nn.init.constant_(model.layer.weight, weights[0])
    average = WeightAverage(model, decay=decay)
    seen = []
    for weight in weights[1:]:
        nn.init.constant_(model.layer.weight, weight)
        average.update(model)
        seen.append(float(averaged(average).layer.weight))
    return seen


def test_weight_average_by_hand():
    # (1 + steps) / (10 + steps): 2/11, 3/12, then the decay itself
    first = 2 / 11 * 5 + 9 / 11 * 1
    second = 0.25 * first + 0.75 * 2
    third = 0.3 * second + 0.7 * 4  # 4/13 is above 0.3
    assert averages(0.3, [5.0, 1.0, 2.0, 4.0]) == pytest.approx([first, second, third])


def test_weight_average_of_constant_weights_is_the_weights():
    assert averages(0.999, [3.0] * 20) == pytest.approx([3.0] * 19)


def test_weight_average_averages_statistics_of_norms_and_copies_counters():
    model = Net()
    average = WeightAverage(model, decay=0.5)
    model.norm(torch.tensor([[10.0], [20.0]]))
    average.update(model)
    assert float(model.norm.running_mean) == pytest.approx(1.5)
    assert float(averaged(average).norm.running_mean) == pytest.approx(9 / 11 * 1.5)
    assert int(averaged(average).norm.num_batches_tracked) == 1


def test_weight_average_shares_no_tensor_and_has_no_gradient():
    model = Net()
    average = WeightAverage(model, decay=0.5)
    with torch.no_grad():
        model.layer.weight.add_(1.0)
    assert not torch.equal(averaged(average).layer.weight, model.layer.weight)
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_weight_average_resumes_from_its_state():
    generator = torch.Generator().manual_seed(0)
    whole_model = Net()
    whole = WeightAverage(whole_model, decay=0.9)
    first = copy.deepcopy(whole)
    states = []
    for _ in range(6):
        with torch.no_grad():
            whole_model.layer.weight.copy_(torch.randn(1, 1, generator=generator))
        states.append(copy.deepcopy(whole_model))
        whole.update(whole_model)
    for model in states[:3]:
        first.update(model)
    resumed = WeightAverage(Net(), decay=0.9)
    resumed.load_state_dict(first.state_dict())
    for model in states[3:]:
        resumed.update(model)
    assert torch.equal(averaged(resumed).layer.weight, averaged(whole).layer.weight)


def test_weight_average_is_validated_and_kept(dataset, tmp_path):
    result = train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1, weight_average=0.9))
    state = checkpoint(tmp_path / "run")["state_dict"]
    best = load_file(tmp_path / "run" / "checkpoints" / "best.safetensors")
    assert all(torch.equal(tensor, state[f"average.model.{name}"]) for name, tensor in best.items())
    assert not any(torch.equal(tensor, state[f"model.{name}"]) for name, tensor in best.items())
    table = pd.read_csv(tmp_path / "run" / "predictions_validation.csv")
    right = (table["expression"] == table["emotion"]).mean()
    assert right == pytest.approx(result.best["val_accuracy"])


def test_weight_average_leaves_the_trained_weights_alone(dataset, tmp_path):
    train(dataset, tmp_path / "plain", recipe=SHORT)
    train(dataset, tmp_path / "averaged", recipe=replace(SHORT, weight_average=0.9))
    plain, averaged = (checkpoint(tmp_path / name)["state_dict"] for name in ("plain", "averaged"))
    assert all(torch.equal(plain[name], averaged[name]) for name in plain)
