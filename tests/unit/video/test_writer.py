import resource
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from ferfusion.errors import FileError, VideoError
from ferfusion.video.reader import read_frames, read_info
from ferfusion.video.writer import VideoWriter
from helpers.videos import damage_sound, decode_plainly, numbered, sound_length, textured, write_video


def write(path, images, *, seconds=None, **settings):
    height, width = images[0].shape[:2]
    with VideoWriter(path, width=width, height=height, **settings) as writer:
        for place, image in enumerate(images):
            writer.write(image, seconds=None if seconds is None else seconds[place])
    return path


def read_times(path):
    return [frame.seconds for frame in read_frames(path)]


def test_writer_images_come_back(tmp_path):
    images = [textured(64, 96, seed=k) for k in range(5)]
    path = write(tmp_path / "a.mp4", images, crf=1)
    for frame, image in zip(read_frames(path), images, strict=True):
        assert abs(frame.rgb().astype(int) - image).mean() < 6


def test_writer_video_plays_in_a_browser(tmp_path):
    path = write(tmp_path / "a.mp4", numbered(6))
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        assert (track.codec_context.name, track.pix_fmt) == ("h264", "yuv420p")
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(
        b"mdat"
    )  # so that a browser starts before the download ends


@pytest.mark.parametrize("rate", [25, Fraction(24000, 1001), Fraction(239, 20)])
def test_writer_images_without_a_time_are_at_the_rate(tmp_path, rate):
    path = write(tmp_path / "a.mp4", numbered(10), rate=rate)
    assert read_times(path) == pytest.approx([float(k / Fraction(rate)) for k in range(10)], abs=2e-4)
    assert float(read_info(path).rate) == pytest.approx(float(rate), rel=1e-3)


def test_writer_keeps_uneven_times(tmp_path):
    shown = [0, 0.04, 0.05, 0.3, 0.3125, 1.7, 1.75, 1.9, 4.0]
    path = write(tmp_path / "a.mp4", numbered(len(shown)), seconds=shown)
    assert read_times(path) == pytest.approx(shown, abs=1 / 90_000)


def test_writer_moves_times_that_do_not_rise(tmp_path):
    path = write(tmp_path / "a.mp4", numbered(4), seconds=[0.0, 0.5, 0.5, 0.2])
    assert read_times(path) == pytest.approx([0.0, 0.5, 0.5, 0.5], abs=3 / 90_000)


@pytest.mark.parametrize(("height", "width"), [(45, 64), (46, 63), (45, 63)])
def test_writer_pads_odd_sides_with_their_edge(tmp_path, height, width):
    image = textured(height, width)
    frame = next(read_frames(write(tmp_path / "a.mp4", [image] * 2, crf=1)))
    found = frame.rgb().astype(int)
    assert found.shape == (46, 64, 3)
    assert abs(found[:height, :width] - image).mean() < 6
    assert abs(found - np.pad(image, ((0, 46 - height), (0, 64 - width), (0, 0)), "edge")).mean() < 6


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("s.mp4", {}),
        ("s.mov", {"sound_codec": "pcm_s16le"}),
        ("s.avi", {"codec": "mpeg4", "sound_codec": "pcm_s16le"}),
        ("s.flv", {"codec": "flv", "sound_codec": "libmp3lame"}),
        ("s.mkv", {"sound_codec": "flac"}),
        ("s.ts", {}),
    ],
)
def test_writer_copies_the_whole_sound_as_aac(tmp_path, name, settings):
    images = numbered(12)
    source = write_video(tmp_path / name, images, sound_seconds=1.5, **settings)
    path = write(tmp_path / "a.mp4", images, audio_from=source)
    assert sound_length(path) == pytest.approx(sound_length(source), abs=0.05)
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        samples = np.concatenate([f.to_ndarray().astype(float).mean(axis=0) for f in container.decode(track)])
        strength = abs(np.fft.rfft(samples))
        tone = strength[1:].argmax() + 1
        assert track.codec_context.name == "aac"
        assert tone * track.codec_context.sample_rate / len(samples) == pytest.approx(440, abs=2)
    assert len(decode_plainly(path)) == 12


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("s.mp4", {}),
        ("s.flv", {"codec": "flv", "sound_codec": "libmp3lame"}),
        ("s.mkv", {"sound_codec": "flac"}),
    ],
)
def test_writer_copies_the_interval_of_the_sound(tmp_path, name, settings):
    """Of a tone of three seconds, the second from 0.8 to 1.8 is copied to the time 0."""
    source = write_video(tmp_path / name, numbered(75), sound_seconds=3.0, **settings)
    path = write(tmp_path / "a.mp4", numbered(25), audio_from=source, audio_start=0.8, audio_end=1.8)
    assert sound_length(path) == pytest.approx(1.0, abs=0.08)
    with av.open(str(path)) as container:
        first = next(container.decode(container.streams.audio[0]))
        assert first.time == pytest.approx(0, abs=0.06)


def test_writer_makes_no_sound_of_none(tmp_path):
    source = write_video(tmp_path / "s.mp4", numbered(5))
    assert sound_length(write(tmp_path / "a.mp4", numbered(5), audio_from=source)) == 0


def test_writer_writes_all_images_with_damaged_sound(tmp_path):
    settings: dict[str, Any] = {"codec": "flv", "sound_codec": "libmp3lame"}
    source = write_video(tmp_path / "s.flv", numbered(25), sound_seconds=1.0, **settings)
    damage_sound(source, range(10, 20))
    assert len(decode_plainly(write(tmp_path / "a.mp4", numbered(25), audio_from=source))) == 25


def test_writer_gives_the_same_bytes_for_the_same_images(tmp_path):
    source = write_video(tmp_path / "s.mp4", numbered(8), sound_seconds=0.5)
    first, second = (
        write(tmp_path / name, numbered(8), audio_from=source).read_bytes() for name in ("a.mp4", "b.mp4")
    )
    assert first == second


def images_that_break_off(count):
    yield from numbered(count)
    raise ZeroDivisionError


def write_until_it_breaks(path, count):
    with VideoWriter(path, width=96, height=64) as writer:
        for image in images_that_break_off(count):
            writer.write(image)


def test_writer_leaves_nothing_behind_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_until_it_breaks(tmp_path / "a.mp4", 30)
    assert list(tmp_path.iterdir()) == []


def test_writer_keeps_an_older_file_whole_after_an_error(tmp_path):
    path = write(tmp_path / "a.mp4", numbered(3))
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_until_it_breaks(path, 30)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_writer_refuses_a_video_without_an_image(tmp_path):
    with (
        pytest.raises(VideoError, match="No image was written to"),
        VideoWriter(tmp_path / "a.mp4", width=96, height=64),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_writer_names_a_missing_file_of_the_sound(tmp_path):
    with pytest.raises(VideoError, match=r"Cannot read the sound of .*none\.mp4"):
        VideoWriter(tmp_path / "a.mp4", width=96, height=64, audio_from=tmp_path / "none.mp4")
    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_an_unwritable_path_in_one_line(tmp_path):
    (tmp_path / "diary").write_text("a file, not a folder")
    with pytest.raises(FileError, match=r"Cannot write .*a\.mp4") as caught:
        VideoWriter(tmp_path / "diary" / "a.mp4", width=96, height=64)
    assert "\n" not in str(caught.value)


def test_writer_reports_a_full_disk_in_one_line_and_leaves_nothing(tmp_path):
    images = [np.random.default_rng(k).integers(0, 255, (64, 96, 3), np.uint8) for k in range(40)]
    with file_size_limit(50_000), pytest.raises(FileError, match=r"Cannot write .*a\.mp4: File too large"):
        write(tmp_path / "a.mp4", images, crf=1)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def file_size_limit(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_writer_names_the_final_path_in_a_message(tmp_path):
    new = tmp_path / ".result.6988-0123abcd.partial" / "annotated.mp4"
    with pytest.raises(VideoError) as caught, VideoWriter(new, width=32, height=32):
        pass
    assert str(caught.value) == f"No image was written to {tmp_path / 'annotated.mp4'}"
