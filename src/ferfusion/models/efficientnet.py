"""EfficientNet-Lite0: EfficientNet (Tan & Le 2019, Table 1) without squeeze and excitation, with ReLU6."""

import re
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.backbones import BLOCK_SHARE, Backbone
from ferfusion.models.same_padding import SameConv2d

STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)
"""Expansion, channels, blocks, side of the kernels, and stride of the first block of each stage."""
_STEM_CHANNELS = 32
_EPSILON = 1e-3


class NormedConv(nn.Module):
    """A convolution and its batch norm."""

    def __init__(
        self, in_channels: int, out_channels: int, side: int = 1, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = SameConv2d(in_channels, out_channels, side, stride=stride, groups=groups, bias=False)
        # torch's momentum, not the 0.01 of 350 epochs: statistics must follow within a short training
        self.norm = nn.BatchNorm2d(out_channels, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, out_channels, ceil(h / stride), ceil(w / stride))."""
        normed: Tensor = self.norm(self.conv(x))
        return normed


class InvertedBlock(nn.Module):
    """1x1, depthwise and 1x1 convolutions beside a shortcut (Sandler et al. 2018, MobileNetV2, Figure 4d)."""

    def __init__(self, in_channels: int, channels: int, *, expansion: int, side: int, stride: int) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.expand = NormedConv(in_channels, inner) if expansion > 1 else None
        self.depthwise = NormedConv(inner, inner, side, stride=stride, groups=inner)
        self.project = NormedConv(inner, channels)
        self.has_shortcut = stride == 1 and in_channels == channels

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, ceil(h / stride), ceil(w / stride)) of ``x`` (B, in_channels, h, w)."""
        y = x if self.expand is None else F.relu6(self.expand(x))
        projected: Tensor = self.project(F.relu6(self.depthwise(y)))
        return x + projected if self.has_shortcut else projected


class EfficientNetLite0(Backbone):
    """Sixteen blocks in seven stages; shapes at line ends are for images of 224 pixels."""

    smallest_size = 33  # at 32 the last map is one value, and a batch of one cannot be normalised
    # TensorFlow's tpu repository, models/official/efficientnet/lite/efficientnet_lite_builder.py
    channel_mean = (127 / 255,) * 3
    channel_deviation = (128 / 255,) * 3
    classifier_prefix = "_fc."
    out_channels = 1280

    def __init__(self, *, scaling: str = "", in_channels: int = 3) -> None:
        super().__init__(in_channels=in_channels)
        self.stem = NormedConv(in_channels, _STEM_CHANNELS, 3, stride=2)
        self.blocks = nn.Sequential(*_blocks())
        self.last = NormedConv(STAGES[-1][1], self.out_channels)

    def initialise(self, *, generator: torch.Generator) -> None:
        """Draw the convolutions, and let every block with a shortcut start as little more than it.

        See ``ResNet50.initialise``.
        """
        super().initialise(generator=generator)
        for block in self.blocks:
            if isinstance(block, InvertedBlock) and block.has_shortcut:
                nn.init.constant_(block.project.norm.weight, BLOCK_SHARE)

    def forward(self, image: Tensor) -> Tensor:
        """Return the last map, about (B, 1280, S / 32, S / 32), of ``image`` (B, 3, S, S) in [0, 1]."""
        x = F.relu6(self.stem(self.normalise(image)))  # (B, 3, 224, 224) -> (B, 32, 112, 112)
        x = self.blocks(x)  # -> (B, 320, 7, 7)
        return F.relu6(self.last(x))  # -> (B, 1280, 7, 7)

    @classmethod
    def own_tensors(cls, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return tensors with this stream's names, where they have those of efficientnet-lite-pytorch."""
        return {_own_name(name): tensor for name, tensor in tensors.items()}


def _blocks() -> Iterator[InvertedBlock]:
    before = _STEM_CHANNELS
    for expansion, channels, count, side, stride in STAGES:
        for block in range(count):
            step = 1 if block else stride
            yield InvertedBlock(before, channels, expansion=expansion, side=side, stride=step)
            before = channels


_LAYERS = {
    "_conv_stem": "stem.conv",
    "_bn0": "stem.norm",
    "_conv_head": "last.conv",
    "_bn1": "last.norm",
}
_LAYERS_OF_BLOCKS = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}
_PARTS = re.compile(r"(?:_blocks\.(?P<block>\d+)\.)?(?P<layer>_\w+)\.(?P<kind>\w+)")


def _own_name(name: str) -> str:
    """Return this stream's name of a published tensor; another name is kept.

    >>> _own_name("_blocks.3._bn1.running_mean"), _own_name("_conv_stem.weight"), _own_name("_fc.bias")
    ('blocks.3.depthwise.norm.running_mean', 'stem.conv.weight', '_fc.bias')
    """
    parts = _PARTS.fullmatch(name)
    if parts is None:
        return name
    prefix = "" if parts["block"] is None else f"blocks.{parts['block']}."
    layers = _LAYERS_OF_BLOCKS if prefix else _LAYERS
    return f"{prefix}{layers[parts['layer']]}.{parts['kind']}" if parts["layer"] in layers else name
