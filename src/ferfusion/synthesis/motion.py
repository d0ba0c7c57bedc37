"""The true motion of a rendered face between two frames, against which optical flow is measured."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.synthesis.head import Material
from ferfusion.synthesis.portrait import Portrait
from ferfusion.synthesis.raster import rasterize

Floats = NDArray[np.floating[Any]]
_FACE_ABOVE_CM, _FACE_BEFORE_CM = 62.0, -5.0  # on the mean head: above the chin, before the ears' back edge


def true_flow(portrait: Portrait, vertices_m: Floats) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Return the flow (T-1, 2, S, S) in pixels and the mask (T-1, S, S) of the face in a clip.

    ``vertices_m`` (T, V, 3) is the head in each frame. A pixel of the face in frame t shows a point of the
    surface; the flow is (u, v) from the pixel's centre to that point in frame t+1, visible or not. Off the
    face the flow is 0. The face is the front of the head without hair, neck and shoulders.
    """
    size = portrait.size
    points, depth = portrait.camera.project(vertices_m)
    flow = np.zeros((len(points) - 1, 2, size, size), np.float16)
    mask = np.zeros((len(points) - 1, size, size), np.bool_)
    for t in range(len(points) - 1):
        coverage = rasterize(points[t], depth[t], portrait.corners, width=size, height=size)
        place = coverage.interpolate(portrait.head.template_cm, portrait.corners)
        on_face = (place[:, 2] > _FACE_ABOVE_CM) & (place[:, 1] < _FACE_BEFORE_CM)
        on_face &= portrait.materials[coverage.triangles] != Material.HAIR
        next_m = coverage.interpolate(vertices_m[t + 1], portrait.corners)
        next_px, _ = portrait.camera.project(next_m[on_face])
        pixels = coverage.pixels[on_face]
        rows, columns = np.divmod(pixels, size)
        flow[t, 0, rows, columns] = next_px[:, 0] - columns
        flow[t, 1, rows, columns] = next_px[:, 1] - rows
        mask[t, rows, columns] = True
    return flow, mask
