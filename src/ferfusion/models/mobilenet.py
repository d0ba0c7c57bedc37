"""MobileNet (Howard et al. 2017), without batch norms: as networks that were made ready for use come."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.backbones import Backbone
from ferfusion.models.same_padding import SameConv2d

BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)
"""Channels and stride of each block (Howard et al. 2017, Table 1)."""
_AXES = 4


class SeparableBlock(nn.Module):
    """A 3x3 convolution of each channel by itself, then one of 1x1 (Howard et al. 2017, Figure 3)."""

    def __init__(self, in_channels: int, channels: int, *, stride: int) -> None:
        super().__init__()
        self.depthwise = SameConv2d(in_channels, in_channels, 3, stride=stride, groups=in_channels)
        self.pointwise = nn.Conv2d(in_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, ceil(h / stride), ceil(w / stride)) of ``x`` (B, in_channels, h, w)."""
        return F.relu6(self.pointwise(F.relu6(self.depthwise(x))))


class MobileNet(Backbone):
    """A convolution and thirteen separable blocks; each convolution has the bias of a folded batch norm.

    Shapes at line ends are for images of 224 pixels.
    """

    smallest_size = 32  # five strides of 2 leave one value
    channel_mean = (123.68 / 255, 116.779 / 255, 103.939 / 255)
    classifier_prefix = "classifier."
    out_channels = 1024

    def __init__(self, *, scaling: str = "", in_channels: int = 3) -> None:
        super().__init__(in_channels=in_channels)
        self.stem = SameConv2d(in_channels, 32, 3, stride=2)
        inputs = (32, *(channels for channels, _ in BLOCKS))
        self.blocks = nn.Sequential(
            *(
                SeparableBlock(before, channels, stride=stride)
                for before, (channels, stride) in zip(inputs, BLOCKS, strict=False)
            )
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return the last map, about (B, 1024, S / 32, S / 32), of ``image`` (B, 3, S, S) in [0, 1]."""
        x = F.relu6(self.stem(self.normalise(image)))  # (B, 3, 224, 224) -> (B, 32, 112, 112)
        last_map: Tensor = self.blocks(x)  # -> (B, 1024, 7, 7)
        return last_map

    @classmethod
    def own_tensors(cls, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return tensors with this stream's names, where they have those of a TensorFlow.js graph model.

        The graph multiplies a depthwise kernel by a factor: here the product is the kernel. The graph reads
        blue, green and red from 0 to 255 less their mean, this stream red, green and blue divided by
        their deviation too: the channels of its first kernel are reversed and multiplied by the deviation.
        """
        if f"{_STEM}/{_KERNEL}" not in tensors:
            return dict(tensors)
        found = dict(_translated(tensors))
        kernel = found.get("stem.weight")
        if kernel is not None and kernel.shape[1] == len(cls.channel_deviation):
            units = 255 * torch.tensor(cls.channel_deviation).view(-1, 1, 1)
            found["stem.weight"] = kernel.flip(1) * units
        return found


_STEM, _KERNEL = "conv1", "convolution/merged_input"
"""The graph's names of the first layer, and of a kernel."""
_LAYERS = {"stem": _STEM} | {
    f"blocks.{index}.{ours}": f"conv_{theirs}_{index + 1}"
    for index in range(len(BLOCKS))
    for ours, theirs in (("depthwise", "dw"), ("pointwise", "pw"))
}
"""The graph's name of each layer."""


def _translated(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for ours, theirs in _LAYERS.items():
        norm = f"{theirs}_bn/batchnorm_1"
        kernel = tensors.get(f"{theirs}/{_KERNEL}")
        if kernel is None:
            kernel = _product(tensors.get(f"{theirs}/depthwise_kernel"), tensors.get(f"{norm}/mul"))
        if kernel is not None and kernel.dim() == _AXES:
            # TensorFlow: height, width, inputs, outputs (of a depthwise kernel: 1)
            axes = (2, 3, 0, 1) if ours.endswith("depthwise") else (3, 2, 0, 1)
            yield f"{ours}.weight", kernel.permute(axes)
        if (bias := tensors.get(f"{norm}/sub")) is not None:
            yield f"{ours}.bias", bias


def _product(kernel: Tensor | None, factor: Tensor | None) -> Tensor | None:
    """Return a kernel (h, w, C, 1) times a factor (C); None if one is missing or they do not fit."""
    if kernel is None or factor is None or kernel.shape[2:] != (factor.numel(), 1):
        return None
    return kernel * factor.view(-1, 1)
