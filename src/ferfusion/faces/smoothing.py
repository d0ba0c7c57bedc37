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
    if sigma == 0 or len(places) == 1:
        return _between(places, boxes, at)
    offsets = places - float(at)
    squares = offsets * offsets
    weights = np.exp((squares.min() - squares) * (0.5 / sigma**2))
    weights /= weights.sum()
    mean = weights @ offsets
    spread = weights @ squares - mean * mean
    if spread < 1e-9:  # so narrow a filter that it sees one box only
        return _between(places, boxes, at)
    slope_weights = weights * (offsets - mean)
    return np.asarray((weights - slope_weights * (mean / spread)) @ boxes)


def _between(places: NDArray[np.int64], boxes: NDArray[np.float64], at: int) -> NDArray[np.float64]:
    return np.array([np.interp(at, places, column) for column in boxes.T])
