"""From stored crops and flow to the input of a model, for training and prediction alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.augment import Transforms, apply_transforms, transform_images
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.lookup import choose


@dataclass(frozen=True)
class FaceInput:
    """The input of a model for one face, before it is encoded.

    Attributes:
        crop: Face crop (S, S, 3), RGB.
        flow: Motion from this crop to the next (2, S, S), (u, v) in crop pixels.
        window: Crops (K, S, S, 3) that end with ``crop``; None for a model without windows.
    """

    crop: npt.NDArray[np.uint8]
    flow: npt.NDArray[np.floating[Any]]
    window: npt.NDArray[np.uint8] | None = None


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


def window_inputs(
    crops_bkhwc: npt.NDArray[np.uint8] | Tensor, *, transforms: Transforms | None = None
) -> Tensor:
    """Return windows as input of a model, (B, K, 3, S, S) in [0, 1]; one transform per window.

    Args:
        crops_bkhwc: Face crops of B windows, RGB, 0 to 255.
        transforms: Augmentation of each window, that of its pair.
    """
    crops = torch.as_tensor(crops_bkhwc).permute(0, 1, 4, 2, 3).float() / 255
    if transforms is None:
        return crops.contiguous()
    return transform_images(crops.flatten(1, 2), transforms).view(crops.shape)
