"""Smooth the boxes of one track over time, without lag."""

from collections.abc import Sequence
from math import exp

import numpy as np

from ferfusion.faces.boxes import Box


def smooth_at(places: Sequence[int], boxes: Sequence[Box], at: int, *, sigma: float) -> Box:
    """Return the box at frame ``at`` on a straight line fitted to the boxes around it.

    The fit weighs frame ``p`` by a Gaussian of ``p - at`` with standard deviation ``sigma`` frames. A line
    follows a face that moves steadily exactly, also where boxes exist on one side only, so that neither the
    start of a movement nor the ends of a track lag behind. (Local linear regression, Cleveland 1979.)

    Args:
        places: Frame indices of the boxes, rising.
        boxes: The box found in each, in pixels.
        at: Frame index to answer for; between the first and last place.
        sigma: Width of the filter in frames; 0 interpolates between the nearest boxes.

    Returns:
        A box, in pixels.
    """
    if sigma == 0 or len(places) == 1:
        return _between(places, boxes, at)
    # a handful of numbers: plain Python is several times as quick here as arrays
    offsets = [place - at for place in places]
    nearest = min(offset * offset for offset in offsets)
    weights = [exp((nearest - offset * offset) / (2 * sigma**2)) for offset in offsets]
    total = sum(weights)
    weights = [weight / total for weight in weights]
    mean = sum(weight * offset for weight, offset in zip(weights, offsets, strict=True))
    spread = sum(weight * (offset - mean) ** 2 for weight, offset in zip(weights, offsets, strict=True))
    if spread < 1e-9:  # so narrow a filter that it sees one box only
        return _between(places, boxes, at)
    line = [
        weight * (1 - (offset - mean) * mean / spread)
        for weight, offset in zip(weights, offsets, strict=True)
    ]
    return np.asarray(np.array(line) @ np.array(boxes))


def _between(places: Sequence[int], boxes: Sequence[Box], at: int) -> Box:
    return np.array([np.interp(at, places, column) for column in np.array(boxes).T])
