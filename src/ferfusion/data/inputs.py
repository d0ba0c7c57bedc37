"""From what a dataset stores to what a model reads; training and prediction both go this way."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.augment import apply_affines
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.lookup import choose


def model_inputs(
    crops_bhwc: npt.NDArray[np.uint8],
    flow_b2hw: npt.NDArray[np.floating[Any]],
    *,
    flow_encoding: str,
    affines: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the two images that a model is called with: faces and encoded flow, (B, 3, S, S) in [0, 1].

    Args:
        crops_bhwc: Face crops, RGB, 0 to 255.
        flow_b2hw: Motion from each crop to the next, (u, v) in crop pixels.
        flow_encoding: How the flow is drawn; the model config says which.
        affines: Augmentation, a linear map (B, 2, 2) per sample; it turns the flow before it is drawn.

    Raises:
        ConfigError: the encoding is unknown.
    """
    encode = choose(FLOW_ENCODINGS, flow_encoding, what="flow encoding")
    crops = torch.from_numpy(crops_bhwc).permute(0, 3, 1, 2).float() / 255
    flow = torch.from_numpy(flow_b2hw).float()
    if affines is not None:
        crops, flow = apply_affines(crops, flow, affines)
    encoded: Tensor = encode(flow)
    return (
        crops.contiguous(memory_format=torch.channels_last),
        encoded.contiguous(memory_format=torch.channels_last),
    )
