"""The colour of every covered pixel: paint by material, then light."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.synthesis.canvas import texel_of
from ferfusion.synthesis.head import Material
from ferfusion.synthesis.painting import hair_depth_cm, smoothstep, strands
from ferfusion.synthesis.portrait import Portrait
from ferfusion.synthesis.raster import Coverage
from ferfusion.synthesis.subjects import Light
from ferfusion.synthesis.wrinkles import fold_layers

Floats = NDArray[np.floating[Any]]
_EYE_CM = (3.08, 72.84)
_PUPIL_CM, _IRIS_CM = 0.25, 0.66
_WRAP = np.array((0.45, 0.28, 0.2), np.float32)  # red light reaches furthest around skin
_FOLD_TINT = np.array((0.36, 0.5, 0.54), np.float32)
_GUM = np.array((0.42, 0.12, 0.12), np.float32)
_TOOTH = np.array((0.93, 0.90, 0.84), np.float32)
_TONGUE = np.array((0.74, 0.36, 0.36), np.float32)
_SCLERA = np.array((0.93, 0.91, 0.89), np.float32)


def to_linear(srgb: Floats) -> Floats:
    """Return light from sRGB, with the exponent 2.2 in place of the standard's two pieces."""
    return np.asarray(np.power(srgb, 2.2), dtype=np.float32)


def to_srgb(linear: Floats) -> Floats:
    """Return sRGB from light, cut off at 1."""
    return np.asarray(np.power(np.clip(linear, 0, 1), 1 / 2.2), dtype=np.float32)


def _sample(canvas: Floats, places_cm: Floats) -> Floats:
    """Read a canvas (H, W, K) at places on the mean head (N, 3), (N, K)."""
    column, row = texel_of(places_cm[:, 0], places_cm[:, 2])  # type: ignore[arg-type]
    rows_of_map = -(-len(places_cm) // 256)  # OpenCV takes maps of at most 32767 rows
    maps = [np.resize(np.asarray(m, np.float32), (rows_of_map, 256)) for m in (column, row)]
    parts = [
        cv2.remap(
            canvas[:, :, k : k + 4], maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        for k in range(0, canvas.shape[2], 4)
    ]
    flat = [part.reshape(rows_of_map * 256, -1)[: len(places_cm)] for part in parts]
    return np.concatenate(flat, axis=1)


def _skin(portrait: Portrait, places_cm: Floats, lips: Floats, lid_edges: Floats, folds: Floats) -> Floats:
    """Return the albedo (N, 3) of skin with its paint, folds, hair and clothes; ``folds`` is (2, folds)."""
    subject = portrait.subject
    x, y, z = places_cm.T
    plain = np.asarray(subject.skin, np.float32)
    front = smoothstep(4.0, 8.0, -y)[:, None]
    albedo = plain + (_sample(portrait.face_rgb, places_cm) - plain) * front
    albedo *= (1 - 0.35 * smoothstep(0.4, 1.0, lid_edges))[:, None]
    red = 0.9 * smoothstep(0.3, 0.8, lips)[:, None]
    albedo += (np.asarray(subject.lips, np.float32) - albedo) * red
    depth = (_sample(fold_layers(), places_cm) * np.where(x[:, None] > 0, folds[0], folds[1])).sum(axis=1)
    albedo *= 1 - subject.wrinkles * np.minimum(depth, 1)[:, None] * _FOLD_TINT * front * (1 - red)
    if subject.hair.thickness_cm > 0:
        grown = hair_depth_cm(places_cm, subject.hair.hairline_cm) + 0.25 * strands(places_cm)
        share = smoothstep(-0.3, 0.5, grown)[:, None] * (0.85 if subject.hair.style == "cropped" else 1)
        albedo += (_hair(portrait, places_cm) - albedo) * share
    cloth = smoothstep(-0.2, 0.2, 56.0 + 0.1 * np.abs(x) - z)[:, None]
    return albedo + (np.asarray(subject.cloth, np.float32) - albedo) * cloth


def _hair(portrait: Portrait, places_cm: Floats) -> Floats:
    """Return the albedo (N, 3) of hair."""
    light_and_dark = 1 + 0.3 * strands(places_cm)
    return np.asarray(portrait.subject.hair.color, np.float32) * light_and_dark[:, None]


def _eye(portrait: Portrait, places_cm: Floats) -> Floats:
    """Return the albedo (N, 3) of an eyeball: pupil, iris with a dark rim, and sclera, shaded by the lid."""
    x, _, z = places_cm.T
    from_axis = np.hypot(np.abs(x) - _EYE_CM[0], z - _EYE_CM[1])
    iris = np.asarray(portrait.subject.iris, np.float32)
    rim = 1 - 0.6 * smoothstep(0.7 * _IRIS_CM, _IRIS_CM, from_axis)
    color = iris * rim[:, None]
    color *= smoothstep(_PUPIL_CM - 0.05, _PUPIL_CM + 0.05, from_axis)[:, None] * 0.95 + 0.05
    white = _SCLERA * (1 - 0.12 * smoothstep(0.7, 1.3, from_axis))[:, None]
    return color + (white - color) * smoothstep(_IRIS_CM - 0.04, _IRIS_CM + 0.06, from_axis)[:, None]


def _mouth(portrait: Portrait, places_cm: Floats) -> Floats:
    """Return the albedo (N, 3) inside the mouth, darker further back."""
    return _GUM * (0.05 + 0.6 * smoothstep(11.5, 15.0, -places_cm[:, 1]) ** 2)[:, None]


def _teeth(portrait: Portrait, places_cm: Floats) -> Floats:
    """Return the albedo (N, 3) of teeth, darker at the sides."""
    return _TOOTH * (0.12 + 0.88 * smoothstep(11.0, 14.5, -places_cm[:, 1]))[:, None]


def _tongue(portrait: Portrait, places_cm: Floats) -> Floats:
    """Return the albedo (N, 3) of the tongue, darker further back."""
    return _TONGUE * (0.1 + 0.6 * smoothstep(9.0, 14.5, -places_cm[:, 1]))[:, None]


_PAINTS: Mapping[Material, Callable[[Portrait, Floats], Floats]] = MappingProxyType(
    {
        Material.MOUTH: _mouth,
        Material.EYE: _eye,
        Material.TONGUE: _tongue,
        Material.TEETH: _teeth,
        Material.HAIR: _hair,
    }
)


def _diffuse(normals: Floats, light: Light) -> Floats:
    """Return the light (N, 3) that falls on surfaces with unit normals (N, 3)."""
    toward = np.asarray(light.direction, np.float32)
    key = np.clip(((normals @ toward)[:, None] + _WRAP) / (1 + _WRAP), 0, 1)
    opposite = np.array((-toward[0], toward[1], 0.2), np.float32)
    fill = np.clip((normals @ (opposite / np.linalg.norm(opposite)))[:, None] * 0.7 + 0.3, 0, 1)
    sky = 0.65 + 0.35 * normals[:, 2:]
    return np.asarray(
        light.key * key**1.3 * np.asarray(light.color, np.float32) + light.fill * fill + light.ambient * sky,
        dtype=np.float32,
    )


def _gloss(normals: Floats, light: Light, sharpness: Floats, strength: Floats) -> Floats:
    """Return the key light's reflection (N,), for a viewer in front."""
    half = np.asarray(light.direction, np.float32) + np.array((0, -1, 0), np.float32)
    half /= np.linalg.norm(half)
    return np.asarray(strength * light.key * np.clip(normals @ half, 0, 1) ** sharpness, dtype=np.float32)


def _shadow(places_cm: Floats, materials: NDArray[np.uint8]) -> Floats:
    """Return the share of light (N,) that chin and eyelids let through."""
    _, y, z = places_cm.T
    neck = (
        smoothstep(8.8, 10.5, -y + 0.9 * (z - 61.0)) + smoothstep(61.0, 63.0, z) + 1 - smoothstep(54, 58, z)
    )
    neck = 0.5 + 0.5 * np.clip(neck, 0, 1)
    lid = 1 - 0.45 * smoothstep(73.1, 73.7, z)
    return np.where(materials == Material.EYE, lid, np.where(materials == Material.SKIN, neck, 1)).astype(
        np.float32
    )


def shade(portrait: Portrait, coverage: Coverage, normals: Floats, folds: Floats) -> Floats:
    """Return the colours (N, 3) in sRGB of the covered pixels.

    ``normals`` (V, 3) are the unit normals of this frame, ``folds`` (2, folds) its fold depths.
    """
    head = portrait.head
    columns = np.concatenate([head.template_cm, normals, head.lips[:, None], head.lid_edges[:, None]], axis=1)
    at = coverage.interpolate(columns, portrait.corners)
    places, normal = at[:, :3], at[:, 3:6]
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    materials = portrait.materials[coverage.triangles]

    albedo = np.empty((len(materials), 3), np.float32)
    skin = materials == Material.SKIN
    albedo[skin] = _skin(portrait, places[skin], at[skin, 6], at[skin, 7], folds)
    for material, paint in _PAINTS.items():
        chosen = materials == material
        if chosen.any():
            albedo[chosen] = paint(portrait, places[chosen])

    light = portrait.subject.light
    eye = materials == Material.EYE
    gloss = _gloss(normal, light, np.where(eye, 220.0, 14.0), np.where(eye, 0.8, np.where(skin, 0.06, 0.02)))
    linear = to_linear(albedo) * _diffuse(normal, light) + gloss[:, None]
    return to_srgb(linear * _shadow(places, materials)[:, None])
