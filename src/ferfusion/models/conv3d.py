"""Motion from convolutions over time: the small CNN with kernels three crops deep (section 8, 5)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.bases import Stream
from ferfusion.models.scaling import INPUT_SCALINGS
from ferfusion.models.small_cnn import SmallShape


class Conv3dStream(Stream):
    """The small CNN, its kernels inflated over time; shapes at line ends are for 8 crops and ``listing``.

    3x3x3 kernels as in Tran et al. 2015, Learning Spatiotemporal Features with 3D CNNs; inflated as in
    Carreira and Zisserman 2017, Quo Vadis, section 2.4, with their stride of 2 over time in the first
    convolution. The first and last crop of a window are repeated beyond its ends. So the map of a window
    of one repeated crop is the small CNN's map of that crop, if its kernels are the sums over time of these.
    """

    def __init__(self, shape: SmallShape, *, scaling: str) -> None:
        super().__init__()
        self.scale = INPUT_SCALINGS[scaling]
        self.out_channels, self.last_pool = shape.late, shape.last_pool
        self.conv1 = _inflated(3, shape.early, side=5, time_stride=2)
        self.pool1 = nn.MaxPool3d((2, 5, 5), stride=2)
        self.conv2 = _inflated(shape.early, shape.early)
        self.conv3 = _inflated(shape.early, shape.early)
        self.pool2 = nn.AvgPool3d((1, 3, 3), stride=(1, 2, 2))
        self.conv4 = _inflated(shape.early, shape.late)
        self.conv5 = _inflated(shape.late, shape.late)
        self.relu5 = nn.ReLU()

    @property
    def cam_layer(self) -> nn.Module:
        """The last activation, whose map (B, C, t, h, w) still has the axis of time."""
        return self.relu5

    def forward(self, frames: Tensor) -> Tensor:
        """Return the last map's mean over time (B, out_channels, h, w) of windows (B, K, 3, S, S)."""
        scaled = self.scale(frames.flatten(1, 2)).view_as(frames)  # (B, 8, 3, 48, 48)
        x: Tensor = scaled.transpose(1, 2)  # -> (B, 3, 8, 48, 48)
        # the memory format of build_model's kernels: measured an eighth faster
        x = x.contiguous(memory_format=torch.channels_last_3d)
        x = F.relu(self.pool1(self.conv1(x)))  # -> (B, 64, 2, 20, 20)
        x = F.relu(self.conv2(x))  # -> (B, 64, 2, 18, 18)
        x = F.relu(self.conv3(x))  # -> (B, 64, 2, 16, 16)
        x = self.pool2(x)  # -> (B, 64, 2, 7, 7)
        x = F.relu(self.conv4(x))  # -> (B, 128, 2, 5, 5)
        x = self.relu5(self.conv5(x))  # -> (B, 128, 2, 3, 3)
        return x.mean(dim=2)  # -> (B, 128, 3, 3)


def _inflated(in_channels: int, out_channels: int, *, side: int = 3, time_stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(
        in_channels,
        out_channels,
        (3, side, side),
        stride=(time_stride, 1, 1),
        padding=(1, 0, 0),
        padding_mode="replicate",
    )
