"""The visible triangle at each pixel: a z-buffer over all fragments of a image at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int32]
_FAR = np.iinfo(np.int64).max
_DEPTH_STEPS_PER_METRE = 1e6
_EDGE = -1e-5  # weights a hair below 0 are rounding: no holes along shared edges


@dataclass(frozen=True)
class Coverage:
    """The visible surface of a image, as a list of its covered pixels.

    Attributes:
        pixels: (N,) flat index ``y * width + x`` of each covered pixel, ascending.
        triangles: (N,) index of the triangle that is visible there.
        weights: (N, 3) perspective-correct weights of the triangle's corners; each row sums to 1.
    """

    pixels: Ints
    triangles: Ints
    weights: Floats

    def interpolate(self, values: Floats, corners: Ints) -> Floats:
        """Return ``values`` (V, K) of the vertices at every covered pixel, (N, K).

        ``corners`` (F, 3) are the triangles' vertex indices.
        """
        at = corners[self.triangles]
        weights = self.weights
        return (
            values[at[:, 0]] * weights[:, :1]
            + values[at[:, 1]] * weights[:, 1:2]
            + values[at[:, 2]] * weights[:, 2:]
        )


def _edges(points_xy: Floats, corners: Ints) -> tuple[Floats, Floats]:
    """Return edge functions (F, 3, 3) as (a, b, c) of ``a x + b y + c``, and twice the signed areas (F,).

    Edge k is opposite corner k, so its value divided by the area is the weight of corner k.
    """
    x, y = points_xy[corners, 0], points_xy[corners, 1]
    x1, x2 = x[:, [1, 2, 0]], x[:, [2, 0, 1]]
    y1, y2 = y[:, [1, 2, 0]], y[:, [2, 0, 1]]
    lines = np.stack([y1 - y2, x2 - x1, x1 * y2 - x2 * y1], axis=2)
    return lines, lines[:, :, 2].sum(axis=1)


def _boxes(points_xy: Floats, corners: Ints, *, width: int, height: int) -> tuple[Ints, Ints, Ints]:
    """Return the first pixel x, y (F,), and the width and height (F, 2), of each triangle's pixel box."""
    x, y = (points_xy[:, axis][corners] for axis in (0, 1))
    left, right = _span(x, width)
    top, bottom = _span(y, height)
    return left, top, np.maximum(np.stack([right - left + 1, bottom - top + 1], axis=1), 0)


def _span(values: Floats, length: int) -> tuple[Ints, Ints]:
    """Return the first and last pixel (F,) between the least and greatest of three values (F, 3)."""
    low = np.minimum(np.minimum(values[:, 0], values[:, 1]), values[:, 2])
    high = np.maximum(np.maximum(values[:, 0], values[:, 1]), values[:, 2])
    return (
        np.ceil(np.clip(low, 0, length)).astype(np.int32),
        np.floor(np.clip(high, -1, length - 1)).astype(np.int32),
    )


def _fragments(lines: Floats, boxes: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints, Floats]:
    """Return every pixel centre inside a triangle: the triangle, x and y (N,), and corner weights (N, 3).

    ``lines`` (F, 3, 3) are edge functions whose values are the weights, ``boxes`` the triangles' pixel boxes.
    """
    left, top, extent = boxes
    counts = extent[:, 0] * extent[:, 1]
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    first = (np.cumsum(counts) - counts).astype(np.int32)
    place = np.arange(len(owner), dtype=np.int32) - first[owner]
    row, column = np.divmod(place, extent[:, 0].astype(np.int32)[owner])

    # weights are counted from the box's first pixel, where single precision is enough
    at_first = lines[:, :, 0] * left[:, None] + lines[:, :, 1] * top[:, None] + lines[:, :, 2]
    across, down, start = (a.astype(np.float32) for a in (lines[:, :, 0], lines[:, :, 1], at_first))
    one, two = (across[:, k][owner] * column + down[:, k][owner] * row + start[:, k][owner] for k in (0, 1))
    three = 1 - one - two
    inside = np.flatnonzero((one >= _EDGE) & (two >= _EDGE) & (three >= _EDGE))
    owner = owner[inside]
    weights = np.stack([one[inside], two[inside], three[inside]], axis=1)
    return owner, left[owner] + column[inside], top[owner] + row[inside], weights


def rasterize(points_xy: Floats, depth_m: Floats, corners: Ints, *, width: int, height: int) -> Coverage:
    """Return the visible surface of a triangle mesh; pixel centres are at whole coordinates.

    Triangles that the camera sees from behind are left out.

    Args:
        points_xy: Vertices (V, 2) in pixels, y downwards.
        depth_m: Their depths (V,) in metres in front of the camera.
        corners: Vertex indices (F, 3) of the triangles, anticlockwise from the front.
        width: Width of the image in pixels.
        height: Height of the image in pixels.
    """
    points_xy = points_xy.astype(np.float64)
    lines, area = _edges(points_xy, corners)
    index = np.flatnonzero(area < -1e-9).astype(np.int32)  # y is downwards: anticlockwise has area < 0
    corners = corners[index]
    boxes = _boxes(points_xy, corners, width=width, height=height)
    owner, x, y, flat = _fragments(lines[index] / area[index][:, None, None], boxes)

    in_space = flat / depth_m[corners[owner]]  # weights in the image are not those on the surface
    inverse_depth = in_space[:, 0] + in_space[:, 1] + in_space[:, 2]
    weights = (in_space / inverse_depth[:, None]).astype(np.float32)
    return _nearest(y * width + x, 1 / inverse_depth, index[owner], weights, num_pixels=width * height)


def _nearest(pixels: Ints, depth_m: Floats, triangles: Ints, weights: Floats, *, num_pixels: int) -> Coverage:
    """Keep the fragment nearest to the camera at each pixel; ties go to the earlier triangle."""
    steps = (depth_m.astype(np.float64) * _DEPTH_STEPS_PER_METRE).astype(np.int64)
    key = (steps << 32) | np.arange(len(pixels), dtype=np.int64)
    nearest = np.full(num_pixels, _FAR, dtype=np.int64)
    np.minimum.at(nearest, pixels, key)
    covered = np.flatnonzero(nearest != _FAR).astype(np.int32)
    fragment = (nearest[covered] & 0xFFFFFFFF).astype(np.int64)
    return Coverage(covered, triangles[fragment], weights[fragment])
