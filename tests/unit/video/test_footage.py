import numpy as np
import pytest
from PIL import Image

from ferfusion.errors import VideoError
from ferfusion.video.footage import Photograph, VideoFile, frames_in_memory, image_in_memory, open_footage
from helpers.videos import numbered, write_video

FRAMES = np.random.default_rng(0).integers(0, 255, (6, 40, 60, 3)).astype(np.uint8)


def test_frames_in_memory_have_their_times():
    footage = frames_in_memory(FRAMES, fps=12.5)
    read = list(footage.read())
    assert [frame.seconds for frame in read] == pytest.approx([0.08 * k for k in range(6)])
    assert [frame.index for frame in read] == list(range(6))
    assert all(np.array_equal(frame.rgb(), rgb) for frame, rgb in zip(read, FRAMES, strict=True))
    info = footage.info
    assert (info.width, info.height, float(info.rate), info.has_sound) == (60, 40, 12.5, False)
    assert info.seconds == pytest.approx(0.48)


def test_frames_in_memory_read_a_half_open_interval_with_its_indices():
    footage = frames_in_memory(FRAMES, fps=10)
    assert [frame.index for frame in footage.read(0.1, 0.4)] == [1, 2, 3]


def test_frames_in_memory_of_grey_are_grey_in_colour():
    [frame, *_] = frames_in_memory(FRAMES[..., 0], fps=25).read()
    assert np.array_equal(frame.rgb(), np.repeat(FRAMES[0, ..., :1], 3, axis=2))
    [image] = image_in_memory(FRAMES[0, ..., 0]).read()
    assert np.array_equal(image.rgb(), frame.rgb())


@pytest.mark.parametrize(
    "frames",
    [FRAMES / 255, FRAMES[..., :2], FRAMES[:0], FRAMES[0, 0, 0], FRAMES[None]],
    ids=["floats", "two channels", "none", "numbers", "five axes"],
)
def test_frames_in_memory_refuse_another_type_or_shape(frames):
    with pytest.raises(VideoError, match=r"Frames must be uint8 RGB .*got (float64|uint8) of shape"):
        frames_in_memory(frames, fps=25)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_frames_in_memory_refuse_an_invalid_rate(fps):
    with pytest.raises(VideoError, match="fps must be a number of frames per second above 0"):
        frames_in_memory(FRAMES, fps=fps)


def test_open_footage_opens_a_video_or_a_photograph(tmp_path):
    video = open_footage(write_video(tmp_path / "a.mp4", numbered(4)))
    assert isinstance(video, VideoFile)
    assert (video.name, video.sound) == ("a.mp4", tmp_path / "a.mp4")
    Image.fromarray(FRAMES[0]).save(tmp_path / "b.png")
    photograph = open_footage(tmp_path / "b.png")
    assert isinstance(photograph, Photograph)
    assert np.array_equal(photograph.image(), FRAMES[0])
    [frame] = photograph.read(5, 6)  # a stretch of time leaves no photograph out
    assert (frame.index, frame.seconds) == (0, 0.0)
    assert np.array_equal(frame.rgb(), FRAMES[0])


def test_open_footage_refuses_a_photograph_that_is_not_there_or_cannot_be_read(tmp_path):
    (tmp_path / "c.jpg").write_text("dear diary")
    with pytest.raises(VideoError, match=r"c\.jpg: not an image that can be read"):
        list(open_footage(tmp_path / "c.jpg").read())
    with pytest.raises(VideoError, match=r"There is no file .*d\.png"):
        open_footage(tmp_path / "d.png")
    (tmp_path / "e.HEIC").write_bytes(b"")
    with pytest.raises(VideoError, match=r"e\.HEIC: \.heic photographs cannot be read; convert it to \.jpg"):
        open_footage(tmp_path / "e.HEIC")
