"""A temporal stream: dilated convolutions over the facial actions of the last one or two seconds.

Bai, Kolter & Koltun 2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
Sequence Modeling: residual blocks whose dilation doubles. Theirs are causal; here the whole window lies in
the past, so that a block may look both ways in it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.data.action_curves import CURVE_COLUMNS, CURVE_RATE, POSE, READ
from ferfusion.models.bases import Stream

OWN_CHANNELS = 128
"""Channels of the map where no other stream is beside this one."""
_HIDDEN = 64
_DILATIONS = (1, 2, 4)
_ADDED = POSE.stop - POSE.start + 1


class TemporalBlock(nn.Module):
    """Two convolutions of three moments, ``dilation`` rows apart, beside a shortcut."""

    def __init__(self, channels: int, *, dilation: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (
            nn.Conv2d(channels, channels, (1, 3), padding=(0, dilation), dilation=(1, dilation), bias=False)
            for _ in range(2)
        )
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, 1, K)."""
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + x)


class ActionStream(Stream):
    """Reads a window of action curves; its map has one row, and a column for each moment.

    Args:
        out_channels: Channels of the map: those of the streams beside it.
    """

    def __init__(self, *, out_channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(CURVE_COLUMNS + _ADDED, _HIDDEN, 1)
        self.blocks = nn.Sequential(*(TemporalBlock(_HIDDEN, dilation=each) for each in _DILATIONS))
        self.last = nn.Conv2d(_HIDDEN, out_channels, 1)
        self.out_channels = out_channels

    def forward(self, frames: Tensor) -> Tensor:
        """Return the map (B, out_channels, 1, K) of windows (B, K, CURVE_COLUMNS), oldest moment first."""
        x = with_motion_and_age(frames).transpose(1, 2)[:, :, None]  # (B, 25, 108) -> (B, 112, 1, 25)
        x = F.relu(self.stem(x))  # -> (B, 64, 1, 25)
        feature_map: Tensor = F.relu(self.last(self.blocks(x)))  # -> (B, 128, 1, 25)
        return feature_map


def with_motion_and_age(windows: Tensor) -> Tensor:
    """Return windows with four more columns: how fast the pose changes, and how recent the row is, 0 to 1.

    A pose that was not read, in the row or in the one before, does not change.
    """
    pose, is_read = windows[..., POSE], windows[..., READ:]
    change = (pose[:, 1:] - pose[:, :-1]) * is_read[:, 1:] * is_read[:, :-1] * CURVE_RATE
    speed = F.pad(change, (0, 0, 1, 0))  # the first row has none before it
    age = torch.linspace(0, 1, windows.shape[1], dtype=windows.dtype, device=windows.device)
    return torch.cat([windows, speed, age[None, :, None].expand(windows.shape[0], -1, 1)], dim=2)
