"""Small residual networks for faces of 48 pixels (He, Zhang, Ren & Sun 2016, Deep Residual Learning)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.bases import Stream
from ferfusion.models.scaling import INPUT_SCALINGS

SMALLEST_SIZE = 16
"""In pixels: the side at which the last map is a single position."""


@dataclass(frozen=True)
class ResidualShape:
    """Channels of the stem and the first stage, which double in each further stage; blocks of each stage."""

    channels: int
    blocks: tuple[int, ...]

    @property
    def stages(self) -> list[tuple[int, int]]:
        """Channels and blocks of each stage; its maps have half the side of those of the stage before."""
        return [(self.channels << stage, blocks) for stage, blocks in enumerate(self.blocks)]


RESIDUAL_SHAPES = MappingProxyType(
    {
        "residual": ResidualShape(32, (1, 2, 2, 1)),
        "residual-wide": ResidualShape(48, (1, 2, 2, 1)),
    }
)
"""59 and 130 million multiplications an image, where ``listing`` has 34; 1.6 and 3.6 million parameters."""


class ResidualStream(Stream):
    """A stem and blocks of two convolutions with batch norm.

    Shapes at line ends are for 48x48 input and ``residual``.
    """

    def __init__(self, shape: ResidualShape, *, scaling: str, in_channels: int = 3) -> None:
        super().__init__()
        self.scale = INPUT_SCALINGS[scaling]
        self.out_channels = shape.stages[-1][0]
        self.stem = GreyFirstConv(in_channels, shape.channels)
        self.norm = nn.BatchNorm2d(shape.channels)
        self.blocks = nn.Sequential(*_blocks(shape))

    def initialise(self, *, generator: torch.Generator) -> None:
        """Start with equal kernels for the three colours."""
        self.stem.start_grey()

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map of ``image`` (B, in_channels, S, S) in [0, 1]."""
        x = self.scale(image)  # (B, 3, 48, 48) -> (B, 3, 48, 48)
        x = self.norm(self.stem(x))  # -> (B, 32, 48, 48)
        # ReLU and max commute; after the pool, ReLU has a quarter of the values
        x = F.relu(F.max_pool2d(x, 2))  # -> (B, 32, 24, 24)
        feature_map: Tensor = self.blocks(x)  # -> (B, 256, 3, 3)
        return feature_map


class GreyFirstConv(nn.Conv2d):
    """A convolution that starts with the same kernel for the three channels of a colour image.

    Trained on grey faces alone, the kernels stay equal: any face is read as grey. Trained on colour or on
    encoded flow, they diverge. If they were drawn independently, a network trained on grey faces would
    respond to a face's colours at random.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3, padding=1, bias=False)

    @torch.no_grad()
    def start_grey(self) -> None:
        """Set the kernels of each image's three colours to their mean."""
        kernels = self.weight.view(self.out_channels, -1, 3, 3, 3)  # (O, 3K, 3, 3) -> (O, K, 3, 3, 3)
        self.weight.copy_(kernels.mean(2, keepdim=True).expand_as(kernels).flatten(1, 2))


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut.

    Where the side is halved, the shortcut is an average pooling and a 1x1 convolution (He, Zhang, Zhang,
    Zhang, Xie & Li 2019, Bag of Tricks, figure 2c).
    """

    def __init__(self, in_channels: int, channels: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.short_cut = nn.Identity() if stride == 1 else _halving(in_channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, h / stride, w / stride)."""
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return F.relu(y + cast(Tensor, self.short_cut(x)))


def _halving(in_channels: int, channels: int) -> nn.Module:
    return nn.Sequential(
        nn.AvgPool2d(2, ceil_mode=True),
        nn.Conv2d(in_channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
    )


def _blocks(shape: ResidualShape) -> list[ResidualBlock]:
    """Return the blocks of all stages: the first of each but the first stage halves the side."""
    blocks = []
    in_channels = shape.channels
    for stage, (channels, count) in enumerate(shape.stages):
        for block in range(count):
            stride = 2 if stage and not block else 1
            blocks.append(ResidualBlock(in_channels, channels, stride=stride))
            in_channels = channels
    return blocks
