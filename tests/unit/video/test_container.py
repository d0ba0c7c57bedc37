from fractions import Fraction

import pytest

from ferfusion.errors import VideoError
from ferfusion.video.container import (
    clock_may_restart,
    file_address,
    has_timestamps,
    open_file,
    pixel_aspect,
    start_of,
    stated_rate,
    video_track,
)
from helpers.videos import numbered, shift_asf, write_video, write_with_cover


def test_file_address_of_a_name_that_looks_like_a_url(tmp_path, monkeypatch):
    (tmp_path / "http:").mkdir()
    write_video(tmp_path / "a.mp4", numbered(3)).rename(tmp_path / "http:" / "a.mp4")
    monkeypatch.chdir(tmp_path)
    path = (tmp_path / "http:" / "a.mp4").relative_to(tmp_path)
    assert file_address(path) == "file:http:/a.mp4"
    with open_file(path) as container:
        assert video_track(container, "a.mp4").frames == 3


def test_video_track_is_not_the_cover_image(tmp_path):
    with open_file(write_with_cover(tmp_path / "a.mp4", numbered(3))) as container:
        assert container.streams.video[0].width == 32  # the cover
        assert video_track(container, "a.mp4").width == 96


def test_video_track_is_missing_in_a_sound_file_with_a_cover(tmp_path):
    path = write_with_cover(tmp_path / "a.mp3", sound_codec="libmp3lame")
    with open_file(path) as container, pytest.raises(VideoError, match=r"^a\.mp3 has no video track$"):
        video_track(container, path.name)


@pytest.mark.parametrize(
    ("suffix", "timestamps", "restarts"), [("mp4", True, False), ("ts", True, True), ("h264", False, False)]
)
def test_formats_have_timestamps_and_clocks(tmp_path, suffix, timestamps, restarts):
    with open_file(write_video(tmp_path / f"a.{suffix}", numbered(12), rate=30)) as container:
        assert (has_timestamps(container), clock_may_restart(container)) == (timestamps, restarts)
        assert stated_rate(container, container.streams.video[0]) == 30


def test_start_of_a_file_is_its_first_timestamp(tmp_path):
    plain = write_video(tmp_path / "a.mp4", numbered(3))
    late = write_video(tmp_path / "b.ts", numbered(12), seconds=[20_000 + k / 25 for k in range(12)])
    early = shift_asf(write_video(tmp_path / "c.wmv", numbered(3), codec="wmv2"), milliseconds=700)
    starts = []
    for path in (plain, late, early):
        with open_file(path) as container:
            starts.append(start_of(container))
            assert starts[-1] == container.streams.video[0].start_time * container.streams.video[0].time_base
    assert starts[0] == 0
    assert starts[1] == pytest.approx(20_000, abs=2)  # FFmpeg writes a transport stream 1.4 s late
    assert float(starts[2]) == -0.7


def test_start_of_sound_before_0_does_not_move_the_images(tmp_path):
    """AAC starts with samples that nobody hears."""
    with open_file(write_video(tmp_path / "a.mp4", numbered(9), sound_seconds=0.4)) as container:
        assert container.start_time <= 0
        assert start_of(container) == 0


@pytest.mark.parametrize(
    ("aspect", "expected"), [(None, 1), (Fraction(64, 45), Fraction(64, 45)), (Fraction(1, 200), 1)]
)
def test_pixel_aspect_is_1_where_it_is_missing_or_absurd(tmp_path, aspect, expected):
    with open_file(write_video(tmp_path / "a.mkv", numbered(3), pixel_aspect=aspect)) as container:
        assert pixel_aspect(container.streams.video[0]) == expected
