"""R3D-18 (Tran et al. 2018, Table 1), a residual network over time with torchvision's parameter names."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.backbones import Backbone


class Block3d(nn.Module):
    """Two 3x3x3 convolutions with batch norms beside a shortcut."""

    def __init__(self, in_channels: int, channels: int, *, stride: int) -> None:
        super().__init__()
        first = nn.Conv3d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.conv1 = nn.Sequential(first, nn.BatchNorm3d(channels))
        second = nn.Conv3d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Sequential(second, nn.BatchNorm3d(channels))
        self.downsample: nn.Module = nn.Identity()
        if stride > 1:
            shortcut = nn.Conv3d(in_channels, channels, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm3d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, t / stride, h / stride, w / stride) of ``x`` (B, in_channels, t, h, w)."""
        residual: Tensor = self.conv2(F.relu(self.conv1(x)))
        return F.relu(residual + self.downsample(x))


class R3d18(Backbone):
    """A stem and four stages of two blocks; shapes at line ends are for 16 crops of 112 pixels."""

    smallest_size = 17  # at 16 the last map of 8 crops is one value, and a batch of one cannot be normalised
    weights_name = "kinetics"
    weights_url = "https://download.pytorch.org/models/r3d_18-b3b3357e.pth"
    channel_mean = (0.43216, 0.394666, 0.37645)
    channel_deviation = (0.22803, 0.22145, 0.216989)
    classifier_prefix = "fc."
    out_channels = 512

    def __init__(self, *, scaling: str = "") -> None:
        super().__init__()
        stem = nn.Conv3d(3, 64, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False)
        self.stem = nn.Sequential(stem, nn.BatchNorm3d(64))
        self.layer1 = _stage(64, 64, stride=1)
        self.layer2 = _stage(64, 128, stride=2)
        self.layer3 = _stage(128, 256, stride=2)
        self.layer4 = _stage(256, 512, stride=2)

    @property
    def cam_layer(self) -> nn.Module:
        """The last stage, whose map (B, C, t, h, w) still has the axis of time."""
        return self.layer4

    def forward(self, frames: Tensor) -> Tensor:
        """Return the last map's mean over time (B, 512, h, w) of windows (B, K, 3, S, S) in [0, 1]."""
        x = self.normalise(frames).transpose(1, 2)  # (B, 16, 3, 112, 112) -> (B, 3, 16, 112, 112)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        x = F.relu(self.stem(x))  # -> (B, 64, 16, 56, 56)
        x = self.layer1(x)  # -> (B, 64, 16, 56, 56)
        x = self.layer2(x)  # -> (B, 128, 8, 28, 28)
        x = self.layer3(x)  # -> (B, 256, 4, 14, 14)
        last_map: Tensor = self.layer4(x)  # -> (B, 512, 2, 7, 7)
        return last_map.mean(dim=2)  # -> (B, 512, 7, 7)


def _stage(in_channels: int, channels: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(Block3d(in_channels, channels, stride=stride), Block3d(channels, channels, stride=1))
