import pytest
import torch
from torch import nn

from ferfusion.models.bases import ExpressionModel, HeadedModel, Stream, required
from ferfusion.models.heads import DenseHead


class Sum(ExpressionModel):
    """Its embedding is the mean of the face and the flow in each channel, added up."""

    def __init__(self):
        super().__init__()
        self.head = DenseHead(3, 4, dropout=0.0, units=8)

    def embed(self, spatial, flow, frames=None):
        return (spatial + flow).mean(dim=(2, 3))


def test_model_classifies_its_embedding():
    model, (spatial, flow) = Sum(), torch.rand(2, 5, 3, 8, 8)
    assert torch.equal(model(spatial, flow), model.head((spatial + flow).mean(dim=(2, 3))))
    assert model(spatial, flow).shape == (5, 4)


def test_model_has_one_head_by_default():
    model = Sum()
    assert model.heads == (model.head,)


@pytest.mark.parametrize("name", ["heads", "cam_layers", "inputs_of_streams"])
def test_model_without_a_part_of_its_interface_is_a_bug(name):
    with pytest.raises(NotImplementedError):
        getattr(HeadedModel() if name == "heads" else Sum(), name)


def test_stream_is_its_own_cam_layer_and_draws_no_weights_of_its_own():
    stream = Stream()
    stream.conv = nn.Conv2d(3, 2, 3)
    before = stream.conv.weight.detach().clone()
    stream.initialise(generator=torch.Generator())
    assert stream.cam_layer is stream
    assert torch.equal(stream.conv.weight, before)
    assert not stream.last_pool


def test_required_returns_windows_and_refuses_none():
    frames = torch.rand(1, 3, 3, 8, 8)
    assert required(frames) is frames
    with pytest.raises(ValueError, match="This model reads windows: call it with frames"):
        required(None)
