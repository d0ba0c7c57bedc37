"""Colours of a video: which matrix turns luma and chroma into red, green and blue, and back."""

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from ferfusion.video.planes import planes_of

_BT709, _UNSPECIFIED, _BT601 = 1, 2, 6
_SWSCALE = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
"""Matrices that FFmpeg converts, by the number that H.264 has for them."""
_WEIGHTS = MappingProxyType(
    {
        1: (0.2126, 0.0722),
        4: (0.30, 0.11),
        5: (0.299, 0.114),
        6: (0.299, 0.114),
        7: (0.212, 0.087),
        9: (0.2627, 0.0593),
    }
)
"""Weights of red and blue in luma, by the matrix (ITU-T H.273, table 4)."""
_PLANAR = frozenset("yuv420p yuv422p yuv444p yuvj420p yuvj422p yuvj444p".split())
_SAME_CHROMA = frozenset("nv12 nv21 p010le yuv420p10le yuv420p12le".split())
"""Formats with the chroma planes of yuv420p, and 8 to 12 bits."""
_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True)
class Colour:
    """The colour tags of a video, as the numbers of ITU-T H.273.

    Attributes:
        matrix: Matrix between luma, chroma and RGB.
        primaries: Colours of red, green and blue; 2 if they are not known.
        transfer: Curve from values to light; 2 if it is not known.
    """

    matrix: int = _BT601
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED

    def to_rgb(self, image: av.VideoFrame) -> NDArray[np.uint8]:
        """Return a decoded image of these colours as RGB (H, W, 3), each value rounded to the nearest."""
        if image.format.name in _SAME_CHROMA:
            image = image.reformat(format="yuv420p")
        if image.format.name in _PLANAR:
            return self._planes_to_rgb(image)
        source = None if image.format.is_rgb else _SWSCALE[self.matrix]
        rgb = image.reformat(format="rgb24", src_colorspace=source, interpolation=_EXACT)
        return np.asarray(rgb.to_ndarray(), np.uint8)

    def _planes_to_rgb(self, image: av.VideoFrame) -> NDArray[np.uint8]:
        # FFmpeg's fast conversion truncates, and is a grey level darker; its exact one takes 20 times as long
        size = (image.width, image.height)
        luma, *chroma = planes_of(image)
        enlarged = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in chroma)
        yuv = cv2.merge([luma, *enlarged])
        is_full = image.format.name.startswith("yuvj") or image.color_range == ColorRange.JPEG
        return np.asarray(cv2.transform(yuv, _yuv_to_rgb(*_WEIGHTS[self.matrix], is_full=is_full)), np.uint8)

    def to_yuv420p(self, image_rgb: NDArray[np.uint8]) -> av.VideoFrame:
        """Return an RGB image (H, W, 3) in these colours, in limited range."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image_rgb), format="rgb24")
        return frame.reformat(
            format="yuv420p", dst_colorspace=_SWSCALE[self.matrix], dst_color_range=ColorRange.MPEG
        )

    def tag(self, codec: VideoCodecContext) -> None:
        """Write the tags into the header of an encoder."""
        codec.color_range = ColorRange.MPEG
        codec.colorspace, codec.color_primaries, codec.color_trc = self.matrix, self.primaries, self.transfer


@cache
def _yuv_to_rgb(kr: float, kb: float, *, is_full: bool) -> NDArray[np.float32]:
    """Return the matrix (3, 4) from (Y, Cb, Cr, 1) to RGB, all from 0 to 255 (ITU-T H.273, section 8.3)."""
    kg = 1 - kr - kb
    scales = np.array([1, 1, 1]) if is_full else 255 / np.array([219, 224, 224])
    turn = scales * [
        [1, 0, 2 * (1 - kr)],
        [1, -2 * (1 - kb) * kb / kg, -2 * (1 - kr) * kr / kg],
        [1, 2 * (1 - kb), 0],
    ]
    zero = turn @ [0 if is_full else 16, 128, 128]
    return np.column_stack([turn, -zero]).astype(np.float32)


def colour_of_image(image: av.VideoFrame) -> Colour:
    """Return the colours of a decoded image; without a tag, those that players assume for its size.

    Source: mpv assumes BT.709 from a width of 1,280 or a height above 576, and BT.601 below; other players
    have nearly the same bound.
    """
    is_large = image.width >= 1280 or image.height > 576
    matrix = image.colorspace if image.colorspace in _SWSCALE else _BT709 if is_large else _BT601
    return Colour(int(matrix), int(image.color_primaries), int(image.color_trc))
