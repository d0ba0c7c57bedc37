import pytest
import torch
from torch.nn import functional as F

from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.models.residual import RESIDUAL_SHAPES, GreyFirstConv, ResidualBlock, ResidualStream
from ferfusion.models.streams import map_side


def convolution(side, inputs, outputs):
    return side * side * inputs * outputs


def stream(name="residual", **settings):
    return ResidualStream(RESIDUAL_SHAPES[name], **{"scaling": "unit", **settings})


def test_residual_stream_has_the_parameters_of_its_shape():
    convolutions = [
        convolution(3, 3, 32),
        2 * convolution(3, 32, 32),
        convolution(3, 32, 64) + 3 * convolution(3, 64, 64),
        convolution(3, 64, 128) + 3 * convolution(3, 128, 128),
        convolution(3, 128, 256) + convolution(3, 256, 256),
        convolution(1, 32, 64) + convolution(1, 64, 128) + convolution(1, 128, 256),
    ]
    norms = 2 * (3 * 32 + 5 * 64 + 5 * 128 + 3 * 256)
    assert count_parameters(stream()) == sum(convolutions) + norms


@pytest.mark.parametrize(("size", "side"), [(16, 1), (48, 3), (50, 4), (96, 6)])
def test_residual_stream_map_has_a_sixteenth_of_the_side(size, side):
    image = torch.rand(2, 3, size, size)
    assert stream().eval()(image).shape == (2, 256, side, side)
    assert map_side("residual", size) == side


def test_residual_wide_has_3_6_million_parameters():
    assert round(count_parameters(stream("residual-wide")) / 1e6, 1) == 3.6


def test_residual_relu_commutes_with_the_max_pool():
    x = torch.randn(2, 32, 24, 24)
    assert torch.equal(F.relu(F.max_pool2d(x, 2)), F.max_pool2d(F.relu(x), 2))


def test_residual_block_with_zero_convolutions_is_its_shortcut():
    block = ResidualBlock(4, 4, stride=1).eval()
    torch.nn.init.zeros_(block.norm2.weight)
    x = torch.randn(2, 4, 6, 6)
    assert torch.equal(block(x), F.relu(x))


def grey_faces(count):
    return torch.rand(count, 1, 48, 48).expand(-1, 3, -1, -1)


def test_grey_first_conv_trained_on_grey_reads_every_face_as_grey():
    model = build_model(ModelConfig(architecture="spatial", stream="residual", input_scaling="unit"), 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(grey_faces(4), torch.zeros(0)), torch.arange(4)).backward()
        optimizer.step()
    colour = torch.rand(2, 3, 48, 48)
    grey = colour.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    model.eval()
    torch.testing.assert_close(
        model(colour, torch.zeros(0)), model(grey, torch.zeros(0)), rtol=1e-4, atol=1e-4
    )


def test_grey_first_conv_has_other_gradients_for_each_channel_of_a_flow():
    stem = GreyFirstConv(3, 8)
    stem.start_grey()
    assert torch.equal(stem.weight[:, 0], stem.weight[:, 2])
    stem(torch.rand(2, 3, 8, 8)).square().sum().backward()
    assert not torch.allclose(stem.weight.grad[:, 0], stem.weight.grad[:, 2])


def test_grey_first_conv_keeps_other_kernels_for_each_crop_of_a_window():
    stem = GreyFirstConv(6, 8)
    means = stem.weight.detach().unflatten(1, (2, 3)).mean(2)
    stem.start_grey()
    assert torch.equal(stem.weight[:, 0], stem.weight[:, 1])
    assert not torch.equal(stem.weight[:, 0], stem.weight[:, 3])
    torch.testing.assert_close(stem.weight[:, 3], means[:, 1])
