import pytest
import torch

from ferfusion.models.same_padding import SameConv2d, same_padding


@pytest.mark.parametrize(
    ("size", "side", "stride", "zeros"),
    [
        (224, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (224, 5, 2, (1, 2)),
        (7, 5, 2, (2, 2)),
        (7, 5, 1, (2, 2)),
        (4, 1, 2, (0, 0)),
    ],
)
def test_same_padding_is_tensorflows(size, side, stride, zeros):
    """Each was also read from the shapes and values of ``tf.nn.conv2d`` (TensorFlow 2.21)."""
    assert same_padding(size, side=side, stride=stride) == zeros


@pytest.mark.parametrize(
    ("size", "stride", "expected"), [(6, 2, [3, 9, 9]), (5, 2, [1, 6, 7]), (4, 1, [1, 3, 6, 5])]
)
def test_same_conv_sums_the_values_that_tensorflow_does(size, stride, expected):
    """A kernel of ones over the values 0, 1, 2 … of a single row."""
    layer = SameConv2d(1, 1, 3, stride=stride, bias=False)
    torch.nn.init.ones_(layer.weight)
    row = torch.arange(size, dtype=torch.float32).view(1, 1, 1, size)
    with torch.inference_mode():
        assert layer(row).flatten().tolist() == expected


@pytest.mark.parametrize("size", [1, 2, 5, 8, 9])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [3, 5])
def test_same_conv_rounds_the_side_up(size, stride, side):
    layer = SameConv2d(4, 4, side, stride=stride, groups=4)
    with torch.inference_mode():
        assert layer(torch.zeros(1, 4, size, size)).shape[2:] == (-(-size // stride),) * 2
