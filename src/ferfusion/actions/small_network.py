"""A small convolutional network that reads the facial actions and the head pose from a crop of a face.

Its first layers are plain 3x3 convolutions: on a processor, they are faster than the separable ones of
larger networks. It is trained with batch norms, which are folded into the convolutions to ship it.
"""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS

CROP_PX = 64
"""Side of the crop that the network reads."""
POSE_UNIT_DEGREES = 30.0
"""An output of 1 for an angle of the pose, in degrees."""
_CHANNELS = (32, 40, 80, 144)
_BLOCKS = (0, 1, 2, 1)
_HIDDEN = 224
_LEAST_DEVIATION = 0.01
"""Of a crop's values, 0 to 1: a plain surface is not enlarged to noise."""


class _Norm(nn.Sequential):
    """A 3x3 convolution and a batch norm, or, once they are folded, the convolution alone."""

    def __init__(self, before: int, after: int, *, stride: int = 1, folded: bool) -> None:
        convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=folded)
        super().__init__(convolution) if folded else super().__init__(convolution, nn.BatchNorm2d(after))

    def fold(self) -> None:
        """Fold the batch norm into the convolution."""
        convolution, norm = self[0], self[-1]
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            self[0] = fuse_conv_bn_eval(convolution, norm)
            del self[1]


class _Residual(nn.Module):
    """Two convolutions whose result is added to their input (He et al. 2016)."""

    def __init__(self, channels: int, *, folded: bool) -> None:
        super().__init__()
        self.first = _Norm(channels, channels, folded=folded)
        self.second = _Norm(channels, channels, folded=folded)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape as ``x``."""
        return F.relu(x + self.second(F.relu(self.first(x))))


def _standard(crops: Tensor) -> Tensor:
    """Return each crop with mean 0 and deviation 1: dark faces and dim light have the contrast of others."""
    mean = crops.mean(dim=(1, 2, 3), keepdim=True)
    deviation = crops.std(dim=(1, 2, 3), keepdim=True, correction=0)
    return (crops - mean) / deviation.clamp(min=_LEAST_DEVIATION)


class ActionNetwork(nn.Module):
    """Crops (B, 3, 64, 64), RGB from 0 to 1, to (B, 55): 52 actions and the pose in units of 30 degrees.

    Args:
        folded: Whether the batch norms are folded into the convolutions, as in the shipped weights.
    """

    def __init__(self, *, folded: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels, blocks in zip(_CHANNELS, _BLOCKS, strict=True):
            layers += [_Norm(before, channels, stride=2, folded=folded), nn.ReLU()]
            layers += [_Residual(channels, folded=folded) for _ in range(blocks)]
            before = channels
        self.features = nn.Sequential(*layers)  # -> (B, 144, 4, 4)
        self.hidden = nn.Linear(before * (CROP_PX // 2 ** len(_CHANNELS)) ** 2, _HIDDEN)
        self.drop = nn.Dropout(0.1)
        self.answer = nn.Linear(_HIDDEN, len(ACTION_COLUMNS))

    def forward(self, crops: Tensor) -> Tensor:
        """Return actions and pose, (B, 55), not yet limited to 0 and 1."""
        maps = self.features(_standard(crops))
        answers: Tensor = self.answer(self.drop(F.relu(self.hidden(maps.flatten(1)))))
        return answers

    def fold(self) -> "ActionNetwork":
        """Return the same network with folded batch norms; this one is left as it is."""
        folded = deepcopy(self).eval()
        for module in folded.modules():
            if isinstance(module, _Norm):
                module.fold()
        return folded


def network_of(weights: Mapping[str, Tensor]) -> ActionNetwork:
    """Return the network with shipped weights, in half or in single precision."""
    network = ActionNetwork(folded=True)
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return in_channels_last(network.eval())


def in_channels_last(network: ActionNetwork) -> ActionNetwork:
    """Return the network with its kernels in channels_last, which is faster on a processor."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def read_crops(
    network: ActionNetwork, crops: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the coefficients (N, 52), 0 to 1, and the pose (N, 3) in degrees of crops (N, 64, 64, 3) RGB."""
    images = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        answers = network(images.contiguous(memory_format=torch.channels_last)).numpy()
    coefficients, pose = np.split(answers, [len(ACTIONS)], axis=1)
    return np.clip(coefficients, 0, 1), pose * np.float32(POSE_UNIT_DEGREES)
