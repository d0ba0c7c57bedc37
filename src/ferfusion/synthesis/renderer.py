"""From a performance to images."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.synthesis.head import vertex_normals
from ferfusion.synthesis.performance import Performance
from ferfusion.synthesis.portrait import Portrait
from ferfusion.synthesis.raster import rasterize
from ferfusion.synthesis.shading import shade
from ferfusion.synthesis.wrinkles import fold_depths

Floats = NDArray[np.floating[Any]]


def render_image(portrait: Portrait, vertices_m: Floats, folds: Floats) -> NDArray[np.uint8]:
    """Return one image (size, size, 3) RGB of a head (V, 3) in metres with fold depths (2, folds)."""
    side = len(portrait.background_rgb)
    factor = side // portrait.size
    points, depth = portrait.camera.scaled(factor).project(vertices_m)
    coverage = rasterize(points, depth, portrait.corners, width=side, height=side)
    image = portrait.background_rgb.copy()
    normals = vertex_normals(vertices_m, portrait.corners)
    image.reshape(-1, 3)[coverage.pixels] = shade(portrait, coverage, normals, folds)
    small = cv2.resize(image, (portrait.size, portrait.size), interpolation=cv2.INTER_AREA)
    return np.rint(small * 255).astype(np.uint8)


def render_frames(
    portrait: Portrait, performance: Performance, vertices_m: Floats
) -> Iterator[NDArray[np.uint8]]:
    """Yield the images (size, size, 3) RGB of a performance; ``vertices_m`` (T, V, 3) is its head."""
    folds_of = fold_depths(performance.weights, at_rest=portrait.subject.age_folds)
    for vertices, folds in zip(vertices_m, folds_of, strict=True):
        yield render_image(portrait, vertices, folds)
