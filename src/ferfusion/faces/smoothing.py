"""Smooth the boxes of one track over time, without lag."""

import numpy as np
from numpy.typing import NDArray


def smooth_at(
    places: NDArray[np.int64], boxes: NDArray[np.float64], at: int, *, sigma: float
) -> NDArray[np.float64]:
    """Return the box at frame ``at`` on a straight line fitted to the boxes around it.

    The fit weighs frame ``p`` by a Gaussian of ``p - at`` with standard deviation ``sigma`` frames. A line
    follows a face that moves steadily exactly, also where boxes exist on one side only, so that neither the
    start of a movement nor the ends of a track lag behind. (Local linear regression, Cleveland 1979.)

    Args:
        places: Frame indices of the boxes, (N,).
        boxes: Boxes found, (N, 4), in pixels.
        at: Frame index to answer for; between the first and last place.
        sigma: Width of the filter in frames; 0 interpolates between the nearest boxes.

    Returns:
        A box, (4,), in pixels.
    """
    between = np.array([np.interp(at, places, column) for column in boxes.T])
    if sigma == 0 or len(places) == 1:
        return between
    offsets = (places - at).astype(np.float64)
    nearest = np.abs(offsets).min()
    weights = np.exp(-0.5 * (offsets**2 - nearest**2) / sigma**2)
    weights /= weights.sum()
    mean = weights @ offsets
    spread = weights @ (offsets - mean) ** 2
    if spread < 1e-12:  # so narrow a filter that it sees one box only
        return between
    level = weights @ boxes
    slope = (weights * (offsets - mean)) @ (boxes - level) / spread
    return np.asarray(level - slope * mean)
