"""Images of explanations: faces, motion, and maps over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS
from ferfusion.data.inputs import FaceInput
from ferfusion.explanation.explainer import Explanation
from ferfusion.reporting.colours import RgbImage

STREAM_WORDS: MappingProxyType[str, str] = MappingProxyType(
    {"spatial": "face", "flow": "motion", "stack": "stack", "conv3d": "3D", "actions": "actions"}
)
MINUS = "\N{MINUS SIGN}"
_MIN_OPACITY, _MAX_OPACITY = 0.25, 0.8
_SLOWEST_FULL_PX = 0.5
"""Least speed, in crop pixels per frame, that is drawn at full saturation."""


@dataclass(frozen=True)
class Tile:
    """A square image with its caption."""

    caption: str
    image: RgbImage


def tiles(face_input: FaceInput, explanation: Explanation, *, side: int) -> list[Tile]:
    """Return the input of each stream, and the same with its map over it, ``side`` pixels each.

    The maps of one stream share a scale, from 0 to their greatest value.
    """
    shown = [Tile("face", enlarged(face_input.crop, side=side))]
    for name, maps in explanation.maps.items():
        words = STREAM_WORDS.get(name, name)
        if name == "flow":
            motion = draw_flow(face_input.flow, side=side)
            shown += [Tile(words, motion), Tile(f"{words}, marked", mark(motion, maps[0], top=maps.max()))]
            continue
        if name == "actions":
            curves = draw_curves(face_input.window, side=side)
            shown += [Tile(words, curves), Tile(f"{words}, marked", mark(curves, maps[0], top=maps.max()))]
            continue
        for one_map, (when, crop) in zip(maps, _times_and_crops(face_input, len(maps)), strict=True):
            marked = mark(enlarged(crop, side=side), one_map, top=maps.max())
            shown.append(Tile(f"{words}, {when}", marked))
    if "spatial" not in explanation.maps and "flow" in explanation.maps and len(explanation.maps) == 1:
        return shown[1:]
    return shown


def _times_and_crops(face_input: FaceInput, count: int) -> list[tuple[str, RgbImage]]:
    """Return, for each map over time, its caption and the crop at the middle of its temporal receptive field.

    A map without time is shown on the last crop.
    """
    if count == 1 or face_input.window is None:
        return [("marked", face_input.crop)]
    last = len(face_input.window) - 1
    indices = [round((step + 0.5) * len(face_input.window) / count - 0.5) for step in range(count)]
    return [(_when(last - index), face_input.window[index]) for index in indices]


def _when(crops_earlier: int) -> str:
    r"""Return a time in crops, short enough for a narrow tile; t is the last crop of the window.

    >>> _when(0), _when(3)
    ('t', 't\u22123')
    """
    return f"t{MINUS}{crops_earlier}" if crops_earlier else "t"


def enlarged(image: RgbImage, *, side: int) -> RgbImage:
    """Return a square image with ``side`` pixels a side, smooth."""
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def draw_flow(flow_2hw: NDArray[np.floating[Any]], *, side: int) -> RgbImage:
    """Return motion as colour on white: the hue is its direction, the saturation its speed.

    The speed is relative to the 99th percentile of the flow.
    """
    u, v = flow_2hw.astype(np.float32)
    length = np.hypot(u, v)
    strength = np.clip(length / max(float(np.quantile(length, 0.99)), _SLOWEST_FULL_PX), 0, 1)
    hues = (np.degrees(np.arctan2(v, u)) % 360).astype(np.float32)
    full = np.ones_like(hues)
    colours = cv2.cvtColor(cv2.merge([hues, full, full]), cv2.COLOR_HSV2RGB)
    image = 255 * (1 - strength[..., None] * (1 - colours))
    return enlarged(image.astype(np.uint8), side=side)


def draw_curves(window: NDArray[Any] | None, *, side: int) -> RgbImage:
    """Return how far each action is from the person's rest: a line for each, time to the right, dark is far.

    Args:
        window: Rows of action curves (K, CURVE_COLUMNS).
        side: Side of the image in pixels.
    """
    assert window is not None
    changes = np.abs(window[:, len(ACTIONS) : 2 * len(ACTIONS)].T).clip(0, 1)  # (52, K)
    grey = (255 * (1 - changes)).astype(np.uint8)
    image = np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def mark(image: RgbImage, one_map: NDArray[np.floating[Any]], *, top: float) -> RgbImage:
    """Return a square image in grey with a map (S, S) in colour over it; the value ``top`` is brightest."""
    side = len(image)
    strength = np.zeros((side, side), np.float32)
    if top > 0:
        scaled = (one_map / top).astype(np.float32)
        strength = np.clip(cv2.resize(scaled, (side, side), interpolation=cv2.INTER_CUBIC), 0, 1)
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    opacity = (_MIN_OPACITY + (_MAX_OPACITY - _MIN_OPACITY) * strength)[..., None]
    places = np.minimum(256 * strength, 255).astype(np.uint8)
    heat = cv2.applyColorMap(places, cv2.COLORMAP_INFERNO)[..., ::-1]
    return np.asarray((1 - opacity) * grey + opacity * heat, np.uint8)


def contribution_words(contributions: Mapping[str, float]) -> str:
    r"""Return the contribution of each stream as text.

    >>> contribution_words({"spatial": 2.1284, "flow": -0.5584})
    'face +2.1, motion \u22120.6'
    """
    return ", ".join(
        f"{STREAM_WORDS.get(name, name)} {signed(value)}" for name, value in contributions.items()
    )


def signed(value: float) -> str:
    r"""Format a number with its sign.

    >>> signed(2.25), signed(-0.61)
    ('+2.2', '\u22120.6')
    """
    return f"{MINUS if value < 0 else '+'}{abs(value):.1f}"
