import os
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from ferfusion.errors import VideoError
from ferfusion.video import container as container_module
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
from ferfusion.video.image_size import MAX_PIXELS
from ferfusion.video.reader import decode
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


_PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsibling.ts\n#EXT-X-ENDLIST\n"
_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    '<Representation id="1" bandwidth="1"><BaseURL>sibling.mp4</BaseURL></Representation></AdaptationSet>'
    "</Period></MPD>"
)
_SESSION = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 26\n"


def test_open_file_opens_no_playlist_and_no_pattern(tmp_path):
    """Each names a sibling that FFmpeg would open, or an address."""
    write_video(tmp_path / "sibling.mp4", numbered(3))
    write_video(tmp_path / "sibling.ts", numbered(12))
    files = {
        "a.mp4": "ffconcat version 1.0\nfile sibling.mp4\n",
        "b.m3u8": _PLAYLIST,
        "b.mp4": _PLAYLIST,
        "c.mpd": _DASH,
        "c.mp4": _DASH,
        "d.sdp": _SESSION,
        "d.mp4": _SESSION,
        "e.mp4": "[reference]\nref1=http://127.0.0.1:9/a.asf\n",
        "image%d.jpg": "",
        "concat:sibling.mp4": "",
    }
    Image.new("RGB", (16, 16)).save(tmp_path / "image1.jpg")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(VideoError, match=f"Cannot open {name} as a video"):
            open_file(tmp_path / name)
    for address in ("concat:sibling.mp4", "subfile,,start,0,end,0,,:sibling.mp4", "http://127.0.0.1:9/a.mp4"):
        with pytest.raises(VideoError, match="There is no file"):
            open_file(tmp_path / "none" / address)
    with pytest.raises(VideoError, match=r"Cannot open a\.mp4"):
        open_file(tmp_path / "a.mp4", input_format="concat")


def test_open_file_refuses_what_is_no_file_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    for path in (tmp_path / "a.mp4", Path("/dev/zero")):
        with pytest.raises(VideoError, match=r"is a (pipe|device|socket), not a file"):
            open_file(path)


def test_video_track_refuses_images_that_are_too_large_by_a_header(tmp_path):
    """The sizes of the container and of the images are changed: all, or only those of the images."""
    plain = write_video(tmp_path / "a.avi", numbered(3), codec="mjpeg", pix_fmt="yuvj420p").read_bytes()
    header, frame_header = plain.index(b"strf") + 12, b"\xff\xc0\0\x11\x08"  # of a JPEG: the sizes follow
    first, *images = plain.split(frame_header)
    large = b"".join(frame_header + struct.pack(">HH", 16_000, 16_000) + image[4:] for image in images)
    (tmp_path / "a.avi").write_bytes(first + large)
    (tmp_path / "b.avi").write_bytes(
        first[:header] + struct.pack("<ii", 16_000, 16_000) + first[header + 8 :] + large
    )
    with open_file(tmp_path / "a.avi") as container:
        track = video_track(container, "a.avi")
        assert [image for image, _, _ in decode(container, track)] == [None] * 3
    with (
        open_file(tmp_path / "b.avi") as container,
        pytest.raises(VideoError, match=r"^b\.avi: 16,000 x"),
    ):
        video_track(container, "b.avi")


def test_video_track_has_the_size_of_a_damaged_image_that_ffmpeg_refuses(tmp_path):
    """FFmpeg forgets a size above a limit of its own; the screen of this GIF is 60,000 pixels wide."""
    header = b"GIF89a" + struct.pack("<HHBBB", 60_000, 60_000, 0x80, 0, 0) + bytes(6)
    (tmp_path / "a.gif").write_bytes(header + b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02")
    with open_file(tmp_path / "a.gif") as container, pytest.raises(VideoError) as caught:
        video_track(container, "a.gif")
    assert str(caught.value).startswith("a.gif: 60,000 x 60,000 pixels are more than 67,108,864")


def test_video_track_counts_the_pixels_of_a_frame_whose_pixels_become_square(tmp_path):
    with open_file(write_video(tmp_path / "a.mkv", numbered(3), pixel_aspect=Fraction(4))) as container:
        assert video_track(container, "a.mkv").codec_context.options == {"max_pixels": str(MAX_PIXELS // 4)}


def copy_track(path, source, *, times):
    with av.open(source) as read, av.open(path, "w") as written:
        tracks = [written.add_stream_from_template(read.streams.video[0]) for _ in range(times)]
        for packet in read.demux(video=0):
            for track in tracks if packet.size else ():
                copy = av.Packet(bytes(packet))
                copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
                copy.stream, copy.is_keyframe = track, packet.is_keyframe
                written.mux(copy)
    return path


def test_open_file_decodes_further_tracks_as_far_as_one_track(tmp_path, monkeypatch):
    source = write_video(tmp_path / "one.mov", numbered(3), codec="png", pix_fmt="rgb24")
    path = copy_track(tmp_path / "a.mov", source, times=4)
    for limit, formats in (
        (3 * 64 * 96, ["rgb24"] * 4),
        (3 * 64 * 96 - 1, ["rgb24", None, None, None]),
    ):
        monkeypatch.setattr(container_module, "MAX_PIXELS", limit)
        with open_file(path) as container:
            assert [track.pix_fmt for track in container.streams.video] == formats
            assert next(decode(container, video_track(container, path.name)))[0] is not None


def test_open_file_refuses_many_large_tracks_that_are_found_among_the_images(tmp_path, monkeypatch):
    source = write_video(tmp_path / "one.ts", numbered(12))
    path = copy_track(tmp_path / "a.ts", source, times=3)
    with open_file(path) as container:
        assert len(container.streams.video) == 3
    monkeypatch.setattr(container_module, "MAX_PIXELS", 2 * 64 * 96 - 1)
    with pytest.raises(VideoError, match=r"^a\.ts has 3 video tracks of large images; keep one of them$"):
        open_file(path)


def test_open_file_refuses_an_index_of_too_many_samples(tmp_path):
    path = write_video(tmp_path / "a.mp4", numbered(3))
    plain = path.read_bytes()
    at = plain.index(b"stsz") + 8
    path.write_bytes(plain[:at] + struct.pack(">II", 1, 10_000_001) + plain[at + 8 :])
    with pytest.raises(VideoError, match=r"^a\.mp4 declares 10,000,001 samples in its index, at most 10,"):
        open_file(path)
