"""Smooth the boxes of one track over time, without lag."""

from collections.abc import Sequence
from math import exp

import numpy as np

from ferfusion.faces.boxes import Box


def smooth_at(indices: Sequence[int], boxes: Sequence[Box], at: int, *, sigma: float) -> Box:
    """Return the box in frame ``at``, on a straight line fitted to the boxes around it.

    The fit weights frame ``k`` by a Gaussian of ``k - at`` with standard deviation ``sigma`` frames. A line
    fits a face that moves steadily exactly, even where boxes exist on one side only. So neither the start of
    a movement nor the ends of a track lag behind.

    Args:
        indices: Indices of the frames with a box, rising.
        boxes: The box of each of these frames, in pixels.
        at: Index of the frame, from the first to the last of ``indices``.
        sigma: Width of the filter in frames; 0 interpolates between the nearest boxes.

    Returns:
        A box, in pixels.

    Source: local linear regression, Cleveland 1979.
    """
    if sigma == 0 or len(indices) == 1:
        return _between(indices, boxes, at)
    # a handful of numbers: plain Python is several times as fast here as arrays
    offsets = [index - at for index in indices]
    nearest = min(offset * offset for offset in offsets)
    weights = [exp((nearest - offset * offset) / (2 * sigma**2)) for offset in offsets]
    total = sum(weights)
    weights = [weight / total for weight in weights]
    mean = sum(weight * offset for weight, offset in zip(weights, offsets, strict=True))
    spread = sum(weight * (offset - mean) ** 2 for weight, offset in zip(weights, offsets, strict=True))
    if spread < 1e-9:  # the filter is so narrow that it weights a single box
        return _between(indices, boxes, at)
    line = [
        weight * (1 - (offset - mean) * mean / spread)
        for weight, offset in zip(weights, offsets, strict=True)
    ]
    return np.asarray(np.array(line) @ np.array(boxes))


def _between(indices: Sequence[int], boxes: Sequence[Box], at: int) -> Box:
    return np.array([np.interp(at, indices, column) for column in np.array(boxes).T])
