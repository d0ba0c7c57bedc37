"""Colours of a video: which matrix turns luma and chroma into red, green and blue, and back."""

from dataclasses import dataclass

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

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
        """Return a decoded image of these colours as RGB (H, W, 3)."""
        source = None if image.format.is_rgb else _SWSCALE[self.matrix]
        return np.asarray(image.to_ndarray(format="rgb24", src_colorspace=source), np.uint8)

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


def colour_of_image(image: av.VideoFrame) -> Colour:
    """Return the colours of a decoded image; without a tag, those that players assume for its size.

    Source: mpv assumes BT.709 from a width of 1,280 or a height above 576, and BT.601 below; other players
    have nearly the same bound.
    """
    is_large = image.width >= 1280 or image.height > 576
    matrix = image.colorspace if image.colorspace in _SWSCALE else _BT709 if is_large else _BT601
    return Colour(int(matrix), int(image.color_primaries), int(image.color_trc))
