"""The images that a network is called with, the same for every runtime."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ferfusion.bundle import BundleInfo
from ferfusion.data.inputs import Windows, model_inputs, window_inputs


def network_inputs(
    bundle_info: BundleInfo,
    crops_bhwc: NDArray[np.uint8],
    flow_b2hw: NDArray[np.floating[Any]] | None,
    windows: Windows | None = None,
) -> tuple[Tensor, ...]:
    """Return faces and encoded flow (B, 3, S, S) in [0, 1], then windows if there are any.

    Windows of crops become (B, K, 3, S, S); those of action curves stay as they are.

    Args:
        bundle_info: The model.
        crops_bhwc: Face crops (B, S, S, 3).
        flow_b2hw: Their flows (B, 2, S, S) in crop pixels; None stands for no motion.
        windows: Their windows of crops (B, K, S, S, 3), or of action curves (B, K, CURVE_COLUMNS), oldest
            first.
    """
    flow = zero_flow(crops_bhwc) if flow_b2hw is None else flow_b2hw
    images = model_inputs(crops_bhwc, flow, flow_encoding=bundle_info.flow_encoding)
    return images if windows is None else (*images, window_inputs(windows))


def zero_flow(crops_bhwc: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Return the flow (B, 2, S, S) of crops that do not move.

    >>> zero_flow(np.zeros((5, 48, 48, 3), np.uint8)).shape
    (5, 2, 48, 48)
    """
    count, height, width = crops_bhwc.shape[:3]
    return np.zeros((count, 2, height, width), np.float16)
