import pytest
import torch
from torch import nn

from ferfusion.models.architectures import ARCHITECTURES
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.encoder_streams import encoder_streams, set_frozen


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.spatial_stream = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        self.head = nn.Linear(2, 1)

    def forward(self, x):
        return self.head(self.spatial_stream(x))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_encoder_streams_finds_the_streams_of_every_model(architecture):
    config = ModelConfig(architecture=architecture)
    streams = encoder_streams(build_model(config, 6))
    assert streams
    assert set(streams) <= {*config.streams, "spatial"}


def test_set_frozen_stops_gradients_and_keeps_statistics():
    model = Normed().train()
    set_frozen(model, frozen=True)
    mean = model.spatial_stream[1].running_mean.clone()
    model(torch.randn(8, 2)).sum().backward()
    assert model.head.weight.grad is not None
    assert all(parameter.grad is None for parameter in model.spatial_stream.parameters())
    assert torch.equal(model.spatial_stream[1].running_mean, mean)
    set_frozen(model, frozen=False)
    model(torch.randn(8, 2)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.spatial_stream.parameters())
    assert not torch.equal(model.spatial_stream[1].running_mean, mean)


def test_set_frozen_leaves_an_unfrozen_model_in_evaluation_mode():
    model = Normed().eval()
    set_frozen(model, frozen=False)
    assert not model.spatial_stream.training
