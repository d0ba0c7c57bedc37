"""From stored crops and flow to the input of a model, for training and prediction alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.action_curves import POSE, mirrored_columns
from ferfusion.data.augment import Transforms, apply_transforms, transform_images
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.lookup import choose

Windows = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
"""Windows of crops (B, K, S, S, 3), 0 to 255, or of action curves (B, K, CURVE_COLUMNS)."""


@dataclass(frozen=True)
class FaceInput:
    """The input of a model for one face, before it is encoded.

    Attributes:
        crop: Face crop (S, S, 3), RGB.
        flow: Motion from this crop to the next (2, S, S), (u, v) in crop pixels.
        window: Crops (K, S, S, 3) that end with ``crop``, or rows of action curves (K, CURVE_COLUMNS); None
            for a model without windows.
    """

    crop: npt.NDArray[np.uint8]
    flow: npt.NDArray[np.floating[Any]]
    window: Windows | None = None


def model_inputs(
    crops_bhwc: npt.NDArray[np.uint8] | Tensor,
    flow_b2hw: npt.NDArray[np.floating[Any]] | Tensor,
    *,
    flow_encoding: str,
    transforms: Transforms | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the two images that a model is called with: faces and encoded flow, (B, 3, S, S) in [0, 1].

    Args:
        crops_bhwc: Face crops, RGB, 0 to 255.
        flow_b2hw: Motion from each crop to the next, (u, v) in crop pixels.
        flow_encoding: Encoding of the flow as an image, from the model config.
        transforms: Augmentation; it is applied to the flow before that is encoded.

    Raises:
        ConfigError: the encoding is unknown.
    """
    encode = choose(FLOW_ENCODINGS, flow_encoding, what="flow encoding")
    crops = torch.as_tensor(crops_bhwc).permute(0, 3, 1, 2).float() / 255
    flow = torch.as_tensor(flow_b2hw).float()
    if transforms is not None:
        crops, flow = apply_transforms(crops, flow, transforms)
    encoded: Tensor = encode(flow)
    return (
        crops.contiguous(memory_format=torch.channels_last),
        encoded.contiguous(memory_format=torch.channels_last),
    )


def window_inputs(windows: Windows | Tensor, *, transforms: Transforms | None = None) -> Tensor:
    """Return windows as input of a model: crops as (B, K, 3, S, S) in [0, 1], or curves as they are.

    Args:
        windows: Face crops of B windows (B, K, S, S, 3), RGB, 0 to 255, or action curves
            (B, K, CURVE_COLUMNS).
        transforms: Augmentation of each window, that of its pair. Of curves, only a mirror changes anything.
    """
    given = torch.as_tensor(windows)
    if given.dim() == 3:
        if transforms is None:
            return given
        is_mirror = torch.linalg.det(transforms.affines[:, :, :2]) < 0
        return torch.where(is_mirror[:, None, None], mirrored(given), given)
    crops = given.permute(0, 1, 4, 2, 3).float() / 255
    if transforms is None:
        return crops.contiguous()
    return transform_images(crops.flatten(1, 2), transforms).view(crops.shape)


def mirrored(windows: Tensor) -> Tensor:
    """Return windows (B, K, CURVE_COLUMNS) of the mirror images of the faces: left is right.

    The head turns and tilts to the other side.

    >>> from ferfusion.actions.names import ACTIONS
    >>> window = torch.zeros(1, 1, 108)
    >>> window[..., ACTIONS.index("mouthSmileLeft")] = 0.5
    >>> float(mirrored(window)[..., ACTIONS.index("mouthSmileRight")])
    0.5
    """
    swapped = windows[..., mirrored_columns()]
    swapped[..., [POSE.start, POSE.start + 2]] *= -1  # yaw and roll
    return swapped
