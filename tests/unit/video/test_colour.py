import av
import numpy as np
import pytest

from ferfusion.video.colour import Colour, colour_of_image
from ferfusion.video.reader import read_frames
from ferfusion.video.writer import VideoWriter
from helpers.videos import decode_plainly, flat, textured, write_video

# ITU-R BT.601-7 and BT.709-6: the weights of red and blue in luma
WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114)}


def rgb_of(yuv, *, matrix, full):
    """Independent conversion of (Y', Cb, Cr) to RGB, 0 to 255."""
    (luma, blue, red), (kr, kb) = yuv, WEIGHTS[matrix]
    luma = luma / 255 if full else (luma - 16) / 219
    blue, red = ((chroma - 128) / (255 if full else 224) for chroma in (blue, red))
    r, b = luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue
    return 255 * np.clip([r, (luma - kr * r - kb * b) / (1 - kr - kb), b], 0, 1)


def means(image):
    rows = (np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in image.planes)
    return [pixels[:, : image.width // 2].mean() for pixels in rows]


@pytest.mark.parametrize("colour", [(200, 40, 40), (40, 180, 60), (50, 60, 210), (128, 128, 128)])
@pytest.mark.parametrize(("matrix", "full"), [(1, False), (1, True), (6, False), (6, True)])
def test_written_colours_are_those_of_the_source(tmp_path, colour, matrix, full):
    """A player that converts by the tags sees the colours of the source, within 2.5 grey levels."""
    pix_fmt = "yuvj420p" if full else "yuv420p"
    source = write_video(
        tmp_path / "a.mp4", [flat(32, 64, colour)] * 2, bt709=matrix == 1, full_range=full, pix_fmt=pix_fmt
    )
    frame = next(read_frames(source))
    shown = rgb_of(means(decode_plainly(source)[0]), matrix=matrix, full=full)
    assert shown == pytest.approx(colour, abs=3)  # of the test's own video
    with VideoWriter(tmp_path / "b.mp4", width=64, height=32, colour=frame.colour, crf=1) as writer:
        writer.write(frame.rgb())
    written = decode_plainly(tmp_path / "b.mp4")[0]
    assert written.color_range == 1  # limited
    assert WEIGHTS[written.colorspace if written.colorspace == 1 else 6] == WEIGHTS[matrix]
    assert rgb_of(means(written), matrix=matrix, full=False) == pytest.approx(shown, abs=2.5)


@pytest.mark.parametrize(
    ("width", "height", "matrix"), [(640, 480, 6), (720, 576, 6), (1280, 720, 1), (608, 1080, 1)]
)
def test_colour_without_a_tag_is_what_players_assume_for_the_size(width, height, matrix):
    image = av.VideoFrame(width, height, "yuv420p")
    assert colour_of_image(image).matrix == matrix


def test_colour_keeps_the_tags_of_wide_colours():
    image = av.VideoFrame(64, 48, "yuv420p")
    image.colorspace, image.color_primaries, image.color_trc = 9, 9, 16
    assert colour_of_image(image) == Colour(9, 9, 16)


@pytest.mark.parametrize(
    "pix_fmt", ["yuv420p", "yuvj420p", "yuvj422p", "yuv444p", "yuv420p10le", "nv12", "yuyv422"]
)
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colour_keeps_the_mean_of_a_grey_ramp(matrix, pix_fmt):
    """Values are rounded, not truncated; FFmpeg's fast conversion is half a grey level darker."""
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2).repeat(32, axis=0)
    is_full = pix_fmt.startswith("yuvj")
    stored = av.VideoFrame.from_ndarray(ramp, format="rgb24").reformat(
        format=pix_fmt,
        dst_colorspace={1: 1, 6: 5, 9: 9}[matrix],
        dst_color_range=2 if is_full else 1,
        interpolation=0x42004,  # bicubic, rounded, with all of the chroma
    )
    colour = Colour(matrix)
    shown = colour.to_rgb(stored)
    written = colour.to_rgb(colour.to_yuv420p(shown))
    for image in (shown, written):
        assert abs((image.astype(int) - ramp).mean(axis=(0, 1))).max() < 0.25


@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize("full", [False, True])
def test_colour_keeps_the_mean_of_many_colours(matrix, full):
    """FFmpeg's fast conversion truncates luma and chroma: red and blue are 1 grey level darker, green 1.5."""
    rng = np.random.default_rng(0)
    planes = rng.integers([[80], [110], [110]], [[160], [146], [146]], (3, 32 * 48), dtype=np.uint8)
    chroma = np.concatenate([planes[1, : 16 * 24], planes[2, : 16 * 24]]).reshape(-1, 48)
    stored = av.VideoFrame.from_ndarray(np.vstack([planes[0].reshape(32, 48), chroma]), format="yuv420p")
    stored.color_range = 2 if full else 1
    means_yuv = [planes[0].mean(), planes[1, : 16 * 24].mean(), planes[2, : 16 * 24].mean()]
    shown = Colour(matrix).to_rgb(stored).mean(axis=(0, 1))
    # what is repeated at the edges of the chroma planes counts more than once
    assert shown == pytest.approx(rgb_of(means_yuv, matrix=matrix, full=full), abs=0.4)


@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 9])
def test_colour_converts_there_and_back(matrix):
    image = textured(32, 48)
    colour = Colour(matrix)
    # the chroma planes have a quarter of the pixels
    assert abs(colour.to_rgb(colour.to_yuv420p(image)).astype(int) - image).mean() < 5
