"""Encodings of optical flow as images with three channels, for numpy arrays and torch tensors alike.

Raw flow is (B, 2, S, S): u to the right and v downwards, in crop pixels from one crop to the next. An
encoding is a float32 image (B, 3, S, S) in [0, 1].
"""

import math
import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", npt.NDArray[Any], "torch.Tensor")

FLOW_SCALE_PX = 2.0
"""Motion, in crop pixels per frame, at the end of a fixed scale; faster motion is clipped to it."""


def encode_uvm(flow_b2ss: Array) -> Array:
    """Return u, v (-2 to 2 px as 0 to 1) and their magnitude (0 to 2 px as 0 to 1) as the three channels.

    >>> flow = np.zeros((1, 2, 1, 1), np.float32)
    >>> flow[0, :, 0, 0] = 1.5, -2
    >>> [round(float(value), 3) for value in encode_uvm(flow)[0, :, 0, 0]]
    [0.875, 0.0, 1.0]
    """
    xp = _module(flow_b2ss)
    flow = _float32(flow_b2ss) * (1 / FLOW_SCALE_PX)
    u, v = flow[:, 0], flow[:, 1]
    image: Array = xp.clip(xp.stack([u * 0.5 + 0.5, v * 0.5 + 0.5, xp.sqrt(u * u + v * v)], 1), 0, 1)
    return image


def encode_uv(flow_b2ss: Array) -> Array:
    """Return u and v (-2 to 2 px as 0 to 1), and a constant third channel (0.5).

    >>> flow = np.zeros((1, 2, 1, 1), np.float32)
    >>> flow[0, :, 0, 0] = 1, -4
    >>> [round(float(value), 3) for value in encode_uv(flow)[0, :, 0, 0]]
    [0.75, 0.0, 0.5]
    """
    xp = _module(flow_b2ss)
    u, v = (_float32(flow_b2ss)[:, channel] * (0.5 / FLOW_SCALE_PX) + 0.5 for channel in (0, 1))
    image: Array = xp.clip(xp.stack([u, v, xp.full_like(u, 0.5)], 1), 0, 1)
    return image


def encode_hsv(flow_b2ss: Array) -> Array:
    """Return the usual colours of flow: hue is direction, value is magnitude scaled to each frame's range.

    The scale from each frame's smallest to its largest magnitude does not keep how strong the motion is.
    """
    hue_degrees, magnitude = _polar(flow_b2ss)
    xp = _module(flow_b2ss)
    flat = magnitude.reshape(len(magnitude), -1)
    lowest = xp.amin(flat, 1)[:, None, None]
    spread = xp.amax(flat, 1)[:, None, None] - lowest
    scaled: Array = (magnitude - lowest) / xp.where(spread > 1e-12, spread, xp.ones_like(spread))
    return _hsv_to_rgb(hue_degrees, scaled)


def encode_hsv_fixed(flow_b2ss: Array) -> Array:
    """Return the colours of ``encode_hsv`` on a fixed scale: value is magnitude, 0 to 2 px as 0 to 1."""
    hue_degrees, magnitude = _polar(flow_b2ss)
    value: Array = _module(flow_b2ss).clip(magnitude * (1 / FLOW_SCALE_PX), 0, 1)
    return _hsv_to_rgb(hue_degrees, value)


FLOW_ENCODINGS: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {"uvm": encode_uvm, "uv": encode_uv, "hsv": encode_hsv, "hsv-fixed": encode_hsv_fixed}
)


def _polar(flow_b2ss: Array) -> tuple[Array, Array]:
    """Return direction in degrees (0 is to the right, 90 is downwards) and magnitude in pixels."""
    xp = _module(flow_b2ss)
    flow = _float32(flow_b2ss)
    u, v = flow[:, 0], flow[:, 1]
    degrees = xp.atan2(v, u) * (180 / math.pi)
    # the same as % 360, and several times as fast
    return xp.where(degrees < 0, degrees + 360, degrees), xp.sqrt(u * u + v * v)


def _hsv_to_rgb(hue_degrees: Array, value: Array) -> Array:
    """Return the (B, 3, S, S) colours of full saturation with the given hue and value."""
    xp = _module(value)
    channels = []
    sixths = hue_degrees / 60
    for offset in (5, 3, 1):  # red, green, blue
        sector = sixths + offset
        sector = xp.where(sector >= 6, sector - 6, sector)  # the same as % 6, and several times as fast
        channels.append(value * (1 - xp.clip(xp.minimum(sector, 4 - sector), 0, 1)))
    image: Array = xp.stack(channels, 1)
    return image


def _module(array: object) -> Any:
    """Return numpy or torch, the module of ``array``, without importing torch."""
    return np if isinstance(array, np.ndarray) else sys.modules["torch"]


def _float32(array: Array) -> Array:
    return array.astype(np.float32) if isinstance(array, np.ndarray) else array.float()
