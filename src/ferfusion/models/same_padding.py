"""Convolutions with TensorFlow's padding SAME, which weights from TensorFlow need."""

from torch import Tensor, nn
from torch.nn import functional as F


def same_padding(size: int, *, side: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after an axis that make a convolution give ceil(size / stride) values.

    Where the number is odd, the larger half comes after (TensorFlow, ``tf.nn.convolution``, "SAME").

    >>> same_padding(48, side=3, stride=2), same_padding(7, side=3, stride=2)
    ((0, 1), (1, 1))
    """
    outputs = -(-size // stride)
    zeros = max((outputs - 1) * stride + side - size, 0)
    return zeros // 2, zeros - zeros // 2


class SameConv2d(nn.Conv2d):
    """A convolution with a square kernel of an odd side and padding SAME."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        side: int,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        # with a stride of 1 SAME has as many zeros before as after, which a convolution adds itself, faster
        padding = side // 2 if stride == 1 else 0
        super().__init__(
            in_channels, out_channels, side, stride=stride, padding=padding, groups=groups, bias=bias
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, out_channels, ceil(h / stride), ceil(w / stride)) of ``x`` (B, in_channels, h, w)."""
        side, stride = self.kernel_size[0], self.stride[0]
        if stride > 1:
            height, width = x.shape[-2:]
            left, right = same_padding(width, side=side, stride=stride)
            top, bottom = same_padding(height, side=side, stride=stride)
            x = F.pad(x, (left, right, top, bottom))
        return super().forward(x)
