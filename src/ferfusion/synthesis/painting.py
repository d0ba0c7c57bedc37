"""Paint a person's face on the canvas; compute where hair grows."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.synthesis.canvas import HEIGHT, TEXELS_PER_CM, WIDTH, plane
from ferfusion.synthesis.subjects import Brows, Color, Subject

Floats = NDArray[np.floating[Any]]
_HAIRLINE_Y_CM = (-15.0, -12.8, -11.2, -9.6, -8.4, -7.5, -7.0, -5.0, -3.6, -2.0, 5.0)
_HAIRLINE_Z_CM = (80.9, 80.5, 79.7, 77.6, 75.0, 72.3, 71.3, 70.5, 68.5, 66.0, 63.5)


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """Return 0 below ``low``, 1 above ``high``, and a smooth rise between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _noise(rng: np.random.Generator, grain_cm: float, *, stretch: float = 1.0) -> Floats:
    """Return smooth noise on the canvas, (HEIGHT, WIDTH), of mean 0 and deviation 1."""
    sigma = grain_cm * TEXELS_PER_CM
    noise = rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), sigmaX=sigma * stretch, sigmaY=sigma)
    return np.asarray((soft - soft.mean()) / soft.std())


def _blob(x: Floats, z: Floats, center: tuple[float, float], radius: tuple[float, float]) -> Floats:
    """Return a soft spot on both sides of the face, 0 to 1, of radii in centimetres."""
    return np.exp(-(((np.abs(x) - center[0]) / radius[0]) ** 2) - ((z - center[1]) / radius[1]) ** 2)


def brow_opacity(brows: Brows, rng: np.random.Generator) -> Floats:
    """Return how much brow covers the skin, (HEIGHT, WIDTH), 0 to 1, with single hairs at the edges."""
    x, z = plane()
    along = (np.abs(x) - 1.15) / 4.25  # 0 at the inner end, 1 at the outer
    middle = 74.85 + brows.lift_cm + (0.3 + brows.arch_cm) * np.sin(np.clip(along, 0, 1) * 2.35) ** 1.5
    middle -= 0.95 * np.clip(along - 0.5, 0, 1)
    half = brows.thickness_cm * np.interp(along, (0, 0.15, 0.55, 1), (0.75, 1, 0.9, 0.25)).astype(np.float32)
    ragged = 0.1 * _noise(rng, 0.05)
    across = 1 - smoothstep(0.75, 1.15, np.abs(z - middle) / half + ragged)
    ends = smoothstep(-0.06, 0.08, along) * (1 - smoothstep(0.95, 1.04, along))
    return brows.opacity * across * ends * (1 - 0.15 * np.clip(_noise(rng, 0.04), 0, 1))


def _over(image: Floats, color: Color, opacity: Floats) -> Floats:
    """Lay a colour over a image (H, W, 3)."""
    share = opacity[:, :, None]
    return image * (1 - share) + np.asarray(color, np.float32) * share


def paint_face(subject: Subject, rng: np.random.Generator) -> Floats:
    """Return the face's colours on the canvas in sRGB, (HEIGHT, WIDTH, 3), 0 to 1."""
    x, z = plane()
    image = np.empty((HEIGHT, WIDTH, 3), np.float32)
    image[:] = subject.skin
    image *= (1 + 0.012 * _noise(rng, 0.5) + 0.012 * _noise(rng, 0.08))[:, :, None]
    red = subject.blush * (
        0.5 * _blob(x, z, (4.2, 69.5), (1.8, 1.6)) + 0.35 * _blob(x, z, (0, 69.2), (1.3, 0.9))
    )
    image *= 1 - red[:, :, None] * np.array((0.02, 0.22, 0.2), np.float32)
    spots = smoothstep(1.6, 2.4, _noise(rng, 0.06)) * smoothstep(66.5, 69, z) * (1 - smoothstep(72.5, 76, z))
    image *= 1 - subject.freckles * spots[:, :, None] * np.array((0.2, 0.3, 0.35), np.float32)
    beard = 1 - smoothstep(66.6, 69.3, z + 0.32 * np.abs(x))
    image *= 1 - 0.3 * subject.stubble * beard[:, :, None] * (1 + 0.2 * _noise(rng, 0.04))[:, :, None]
    socket = _blob(x, z, (2.3, 73.6), (1.5, 0.9)) + 0.6 * _blob(x, z, (3.0, 71.7), (1.6, 0.5))
    image *= 1 - socket[:, :, None] * np.array((0.13, 0.17, 0.15), np.float32)
    nostrils = smoothstep(0.25, 0.75, _blob(x, z, (0.8, 68.3), (0.55, 0.28)))
    image *= 1 - 0.75 * nostrils[:, :, None]
    return np.clip(_over(image, subject.brows.color, brow_opacity(subject.brows, rng)), 0, 1)


def hair_depth_cm(places_cm: Floats, hairline_cm: float) -> Floats:
    """Return how far inside the hair each place on the mean head is, (N,) in centimetres; skin is below 0."""
    x, y, z = places_cm.T
    line = np.interp(y, _HAIRLINE_Y_CM, _HAIRLINE_Z_CM)
    line = (
        line
        + hairline_cm * smoothstep(7.5, 11, -y)
        - 0.05 * np.maximum(np.abs(x) - 3, 0) * smoothstep(9, 12, -y)
    )
    inside = z - line
    ear = (y > -7.3) & (y < -3.3) & (z > 67.3) & (z < 74.0) & (np.abs(x) > 6.85)
    return np.where(ear, -1.0, inside).astype(np.float32)


def strands(places_cm: Floats) -> Floats:
    """Return the light and dark of strands of hair, (N,), about -1 to 1; they run down from the crown."""
    x, y, z = places_cm.T
    around = np.arctan2(x, y + 5.5)
    wave = np.sin(around * 37 + 2.1 * np.sin(around * 5)) + 0.8 * np.sin(around * 83 + 0.3 * z)
    wave += 0.6 * np.sin(around * 151 - 0.5 * z) + 0.7 * np.sin(around * 13 + 1.3)
    return np.asarray(wave / 2.4, dtype=np.float32)
