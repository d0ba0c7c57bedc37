"""Dense optical flow from one grey picture to the next."""

from collections.abc import Callable
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

FlowEstimator = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.float32]]
"""Takes two grey pictures (H, W) and returns (2, H, W): u to the right and v down, in pixels."""


def farneback(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the flow by polynomial expansion, with the report's parameters.

    Source: Farneback 2003; pyramid scale 0.5, 3 levels, window 15, 3 iterations, neighbourhood 5, sigma 1.2.
    """
    flow_hwc = cv2.calcOpticalFlowFarneback(
        first,
        second,
        None,  # type: ignore[call-overload]
        pyr_scale=0.5,
        levels=3,
        winsize=15,
        iterations=3,
        poly_n=5,
        poly_sigma=1.2,
        flags=0,
    )
    return np.ascontiguousarray(np.moveaxis(flow_hwc, -1, 0), dtype=np.float32)


FLOW_ESTIMATORS: MappingProxyType[str, FlowEstimator] = MappingProxyType({"farneback": farneback})
