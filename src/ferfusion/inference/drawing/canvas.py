"""What predictions are drawn onto: an RGB image, or the planes of a video frame, which need no conversion."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from ferfusion.reporting.colours import RgbImage
from ferfusion.reporting.fonts import sans
from ferfusion.video.colour import Colour
from ferfusion.video.planes import Planes, planes_of

Edges = tuple[int, int, int, int]
"""A rectangle: left, top, right and bottom in pixels; right and bottom are the first pixels outside."""


@dataclass(frozen=True, eq=False)
class Sprite:
    """A small image that is drawn often.

    Attributes:
        rgb: Its pixels (H, W, 3), both sides even.
    """

    rgb: RgbImage
    _planes: dict[Colour, Planes] = field(default_factory=dict, repr=False)

    @cached_property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.rgb.shape[1])

    @cached_property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.rgb.shape[0])

    def planes(self, colour: Colour) -> Planes:
        """Return its planes in the colours of a video; they are converted once."""
        if colour not in self._planes:
            luma, cb, cr = planes_of(colour.to_yuv420p(self.rgb))
            self._planes[colour] = luma.copy(), cb.copy(), cr.copy()
        return self._planes[colour]


@lru_cache(maxsize=256)
def word_sprite(words: str, size: int, ink: str, ground: str, border: int = 0) -> Sprite:
    """Return a word as a small image: as wide as the word, as high as all words of this size.

    Args:
        words: The word.
        size: Size of the font in pixels.
        ink: Colour of the word.
        ground: Colour behind it.
        border: Width of the ground around the word, in pixels.
    """
    font = sans(size)
    sides = (max(1, round(font.getlength(words))) + 2 * border, size + 4 + border)
    image = Image.new("RGB", (even(sides[0]), even(sides[1])), ground)
    ImageDraw.Draw(image).text((border, border // 2), words, font=font, fill=ink)
    return Sprite(np.asarray(image))


def even(length: int) -> int:
    """Return a length, rounded up to an even number.

    >>> even(4), even(5)
    (4, 6)
    """
    return length + length % 2


class Canvas(Protocol):
    """Something to draw onto; what reaches beyond its borders is cut off."""

    def fill(self, edges: Edges, colour: str) -> None:
        """Fill a rectangle."""

    def put(self, sprite: Sprite, left: int, top: int) -> None:
        """Put a small image with its upper left corner at a pixel of the canvas."""


class RgbCanvas:
    """Draws onto an RGB image (H, W, 3), in place."""

    def __init__(self, image: RgbImage) -> None:
        self._image = image

    def fill(self, edges: Edges, colour: str) -> None:
        """Fill a rectangle."""
        left, top, right, bottom = (max(edge, 0) for edge in edges)
        self._image[top:bottom, left:right] = ImageColor.getrgb(colour)

    def put(self, sprite: Sprite, left: int, top: int) -> None:
        """Put a small image with its upper left corner at a pixel of the image."""
        _put(self._image, sprite.rgb, left, top)


class PlanesCanvas:
    """Draws onto the planes of a video frame, in place; positions are rounded down to even pixels.

    Args:
        planes: Luma and chroma of a frame of even sides.
        colour: Its colours.
    """

    def __init__(self, planes: Planes, colour: Colour) -> None:
        self._planes, self._colour = planes, colour

    def place(self, planes: Planes, *, ground: str) -> None:
        """Copy a frame into the upper left corner, and fill what lies to its right.

        An odd side is extended by one pixel, since chroma has half the resolution.

        Args:
            planes: Planes of the frame.
            ground: Colour of what lies to its right.
        """
        for target, plane in zip(self._planes, planes, strict=True):
            target[: plane.shape[0], : plane.shape[1]] = plane
        luma, (rows, columns) = self._planes[0], planes[0].shape
        luma[rows : even(rows), :columns] = luma[rows - 1, :columns]
        luma[: even(rows), columns : even(columns)] = luma[: even(rows), columns - 1 : columns]
        self.fill((even(columns), 0, luma.shape[1], even(rows)), ground)

    def fill(self, edges: Edges, colour: str) -> None:
        """Fill a rectangle."""
        left, top, right, bottom = (max(edge, 0) // 2 for edge in edges)
        luma, cb, cr = _yuv_of(colour, self._colour)
        self._planes[0][2 * top : 2 * bottom, 2 * left : 2 * right] = luma
        self._planes[1][top:bottom, left:right] = cb
        self._planes[2][top:bottom, left:right] = cr

    def put(self, sprite: Sprite, left: int, top: int) -> None:
        """Put a small image with its upper left corner at a pixel of the frame."""
        left, top = left // 2, top // 2
        pieces = sprite.planes(self._colour)
        _put(self._planes[0], pieces[0], 2 * left, 2 * top)
        _put(self._planes[1], pieces[1], left, top)
        _put(self._planes[2], pieces[2], left, top)


def _put(image: RgbImage, piece: RgbImage, left: int, top: int) -> None:
    covered = image[top : top + piece.shape[0], left : left + piece.shape[1]]
    covered[:] = piece[: covered.shape[0], : covered.shape[1]]


@lru_cache(maxsize=256)
def _yuv_of(colour: str, video: Colour) -> tuple[int, int, int]:
    pixels = np.full((2, 2, 3), ImageColor.getrgb(colour), np.uint8)
    luma, cb, cr = (int(plane[0, 0]) for plane in planes_of(video.to_yuv420p(pixels)))
    return luma, cb, cr
