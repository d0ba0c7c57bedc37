import pytest
import torch
from torch.nn import functional as F

from ferfusion.errors import ConfigError
from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.models.small_cnn import (
    SMALL_SHAPES,
    LateBiasConv,
    SmallShape,
    SmallStream,
    find_small_shape,
    small_shape_name,
)


def image(batch, size=48, seed=0):
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


def test_small_stream_has_the_reports_relu_before_the_pool_in_effect():
    stream = SmallStream(SMALL_SHAPES["listing"], scaling="unit")
    before = F.max_pool2d(F.relu(stream.conv1(image(2))), 5, stride=2)
    after = F.relu(stream.pool1(stream.conv1(image(2))))
    assert torch.equal(before, after)


@pytest.fixture
def stream():
    torch.manual_seed(0)
    made = SmallStream(SMALL_SHAPES["listing"], scaling="unit")
    torch.nn.init.normal_(made.conv1.bias)
    return made


def plain_first_map(stream, image):
    """As the report's listing has it: bias and ReLU before the pool."""
    x = F.relu(F.conv2d(image, stream.conv1.weight, stream.conv1.bias))
    return F.max_pool2d(x, 5, stride=2)


def gradients(stream, first_map):
    stream.zero_grad()
    # so that every value of the map has another gradient
    (first_map * torch.linspace(-1, 1, first_map.numel()).view(first_map.shape)).sum().backward()
    return stream.conv1.weight.grad.clone(), stream.conv1.bias.grad.clone()


def test_late_bias_after_the_pool_equals_the_bias_before_it(stream):
    image = torch.rand(3, 3, 48, 48)
    torch.testing.assert_close(stream._first_map(image), plain_first_map(stream, image))


def test_late_bias_has_the_gradients_of_the_bias_before_the_pool(stream):
    stream, image = stream.double(), torch.rand(11, 3, 48, 48, dtype=torch.float64)
    expected, found = plain_first_map(stream, image), stream.train()._first_map(image)
    torch.testing.assert_close(found, expected)
    for one, other in zip(gradients(stream, expected), gradients(stream, found), strict=True):
        torch.testing.assert_close(other, one)


def test_late_bias_keeps_the_first_map_in_bfloat16(stream):
    image = torch.rand(3, 3, 48, 48)
    with torch.autocast("cpu", torch.bfloat16):
        found = stream._first_map(image)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), plain_first_map(stream, image), rtol=0.02, atol=0.02)


def test_small_stream_has_the_same_output_in_training_and_evaluation(stream):
    image = torch.rand(20, 3, 48, 48)
    torch.testing.assert_close(stream.train()(image), stream.eval()(image))


def test_late_bias_keeps_the_name_and_shape_of_a_convolutions_bias():
    layer = LateBiasConv(3, 8, 5)
    assert {name: tuple(p.shape) for name, p in layer.state_dict().items()} == {
        "weight": (8, 3, 5, 5),
        "bias": (8,),
    }
    assert layer.late_bias.shape == (8, 1, 1)


def test_small_shape_name_is_read_back():
    shapes = [
        SmallShape(early, late, pool)
        for early in (1, 64, 1024)
        for late in (7, 128)
        for pool in (True, False)
    ]
    assert [find_small_shape(small_shape_name(shape)) for shape in shapes] == shapes
    assert [small_shape_name(shape) for shape in SMALL_SHAPES.values()] == list(SMALL_SHAPES)
    assert find_small_shape("vgg16") is None


@pytest.mark.parametrize("numbers", ["0-64", "64-1025", "064-128", "999999999-1"])
def test_find_small_shape_refuses_channels_out_of_bounds(numbers):
    with pytest.raises(
        ConfigError, match=f"must be from 1 to 1,024, such as listing-32-64, got 'listing-{numbers}'"
    ):
        ModelConfig(stream=f"listing-{numbers}")


def test_stream_with_other_channels_is_a_setting_of_a_model():
    """5 * 5 * 3 * 8 + 8, twice 9 * 8 * 8 + 8, 9 * 8 * 16 + 16, 9 * 16 * 16 + 16; head 16 to 4 to 4 to 6."""
    config = ModelConfig(architecture="spatial", stream="listing-8-16", head_units=4)
    assert count_parameters(build_model(config, 6)) == 608 + 2 * 584 + 1168 + 2320 + 68 + 20 + 30
    assert ModelConfig.from_dict(config.to_dict()) == config
    for architecture in ("three-stream-stack", "spatial-conv3d", "convlstm", "hybrid"):
        build_model(ModelConfig(architecture=architecture, stream="spatial-map-2-3", head_units=4), 6)
