import gc
from fractions import Fraction
from itertools import pairwise, product

import av
import cv2
import numpy as np
import pytest

from ferfusion.errors import VideoError
from ferfusion.video.reader import Frame, read_frames, read_info
from helpers.videos import (
    damage,
    decode_plainly,
    flat,
    join,
    numbered,
    retime,
    rotate,
    set_display_matrix,
    shift_asf,
    shorten,
    textured,
    write_tone,
    write_video,
    write_with_cover,
)

RED, GREEN, BLUE = (200, 40, 40), (40, 180, 60), (50, 60, 210)


def times(frames):
    return [frame.seconds for frame in frames]


def brightness(frame):
    return float(frame.luma.mean())


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(239, 20)])
def test_reader_has_times_and_rate_of_a_constant_rate(tmp_path, suffix, rate):
    video = write_video(tmp_path / f"a.{suffix}", numbered(20), rate=rate)
    clock = 1e-3 if suffix == "mkv" else 1 / 90_000  # resolution of the container's timestamps
    frames = list(read_frames(video))
    assert [frame.index for frame in frames] == list(range(20))
    assert times(frames) == pytest.approx([float(k / rate) for k in range(20)], abs=clock)
    assert float(read_info(video).rate) == pytest.approx(float(rate), rel=1e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_reader_has_the_files_times_of_a_variable_rate(tmp_path, suffix):
    shown = [0, 0.04, 0.05, 0.3, 0.31, 1.7, 1.75, 1.9, 4.0, 4.02]
    video = write_video(tmp_path / f"a.{suffix}", numbered(len(shown)), seconds=shown)
    frames = list(read_frames(video))
    assert times(frames) == pytest.approx(shown, abs=1e-3)
    assert all(before < after for before, after in pairwise(map(brightness, frames)))


def test_reader_yields_frames_in_the_order_of_display_not_of_packets(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(24))
    frames = list(read_frames(video))
    assert all(before < after for before, after in pairwise(map(brightness, frames)))
    assert times(frames) == sorted(times(frames))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, range(25)),
        (0.4, 0.8, range(10, 20)),  # a frame at the start is included, one at the end is not
        (0.41, 0.81, range(11, 21)),
        (None, 0.04, range(1)),
        (0.96, None, range(24, 25)),
        (0.5, 0.5, range(0)),
        (7.0, 9.0, range(0)),
    ],
)
def test_reader_interval_is_half_open_and_counts_from_the_start_of_the_file(tmp_path, start, end, expected):
    video = write_video(tmp_path / "a.mp4", numbered(25))
    frames = list(read_frames(video, start_seconds=start, end_seconds=end))
    assert [frame.index for frame in frames] == list(expected)
    assert times(frames) == pytest.approx([k / 25 for k in expected])


def test_read_info_of_a_file(tmp_path):
    images = numbered(50, height=72, width=128)
    info = read_info(write_video(tmp_path / "a.mp4", images, rate=20, sound_seconds=2.5))
    assert (info.width, info.height, info.has_sound) == (128, 72, True)
    assert info.rate == 20
    assert info.seconds == pytest.approx(2.5)
    assert not read_info(write_video(tmp_path / "b.mp4", images)).has_sound


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_reader_reads_a_rotated_video_upright(tmp_path, clockwise):
    image = textured(48, 80)
    stored = write_video(tmp_path / "a.mp4", [image] * 3)
    straight = next(read_frames(stored))
    turned = next(read_frames(rotate(stored, clockwise=clockwise)))
    turns = -clockwise // 90  # numpy rotates counter-clockwise
    assert np.array_equal(turned.rgb(), np.rot90(straight.rgb(), turns))
    for plane, as_stored in zip(turned.planes, straight.planes, strict=True):
        assert np.array_equal(plane, np.rot90(as_stored, turns))
        assert plane.flags.c_contiguous
    assert abs(straight.rgb().astype(int) - image).mean() < 6


@pytest.mark.parametrize(
    "matrix", list(product((-1, 1), (0,), (0,), (-1, 1))) + list(product((0,), (-1, 1), (-1, 1), (0,)))
)
def test_reader_follows_the_whole_display_matrix(tmp_path, matrix):
    stored = write_video(tmp_path / "a.mp4", [textured(48, 80)] * 2)
    straight = next(read_frames(stored)).rgb()
    shown = next(read_frames(set_display_matrix(stored, matrix))).rgb()
    a, b, c, d = matrix
    y, x = np.mgrid[:48, :80]
    shown_x, shown_y = a * x + c * y, b * x + d * y
    assert np.array_equal(shown[shown_y - shown_y.min(), shown_x - shown_x.min()], straight)


def test_reader_ignores_a_display_matrix_of_zeros(tmp_path):
    stored = write_video(tmp_path / "a.mp4", [textured(48, 80)] * 2)
    straight = next(read_frames(stored)).rgb()
    assert np.array_equal(next(read_frames(set_display_matrix(stored, (0, 0, 0, 0)))).rgb(), straight)


def test_read_info_of_a_rotated_video_is_that_of_the_stored_image(tmp_path):
    info = read_info(rotate(write_video(tmp_path / "a.mp4", numbered(3)), clockwise=90))
    assert (info.width, info.height) == (96, 64)


@pytest.mark.parametrize(("height", "width"), [(45, 63), (46, 63), (45, 64)])
def test_reader_keeps_every_pixel_of_odd_sides(tmp_path, height, width):
    image = textured(height, width)
    video = write_video(tmp_path / "a.mkv", [image] * 2, codec="ffv1")
    frame = next(read_frames(video))
    halves = ((height + 1) // 2, (width + 1) // 2)
    assert [plane.shape for plane in frame.planes] == [(height, width), halves, halves]
    assert frame.rgb().shape == (height, width, 3)
    assert abs(frame.rgb().astype(int) - image).mean() < 6


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "yuv444p"])
@pytest.mark.parametrize("bt709", [False, True])
@pytest.mark.parametrize("colour", [RED, GREEN, BLUE, (0, 0, 0), (255, 255, 255)])
def test_reader_has_colours_and_limited_range_for_every_pixel_format(tmp_path, pix_fmt, bt709, colour):
    full = pix_fmt == "yuvj420p"
    images = [flat(32, 48, colour)] * 2
    video = write_video(tmp_path / "a.mp4", images, pix_fmt=pix_fmt, bt709=bt709, full_range=full)
    frame = next(read_frames(video))
    assert frame.is_bt709 == bt709
    kr, kb = (0.2126, 0.0722) if bt709 else (0.299, 0.114)
    red, green, blue = (value / 255 for value in colour)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    blueness, redness = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    expected = [16 + 219 * luma, 128 + 224 * blueness, 128 + 224 * redness]
    assert [float(plane.mean()) for plane in frame.planes] == pytest.approx(expected, abs=2)
    assert frame.rgb().reshape(-1, 3).mean(axis=0) == pytest.approx(colour, abs=4)


def test_reader_yields_damaged_frames_in_place_and_loses_nothing_after_them(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(20), every_frame_alone=True)
    whole = [brightness(frame) for frame in read_frames(video)]
    frames = list(read_frames(damage(video, range(6, 9))))
    assert times(frames) == pytest.approx([k / 25 for k in range(20)])
    assert [frame.index for frame in frames if frame.error] == [6, 7, 8]
    assert all(brightness(f) == whole[f.index] for f in frames if not f.error)


@pytest.mark.parametrize("packets", [range(2), range(4, 6), range(9, 12), range(20, 24)])
def test_reader_damaged_frames_move_no_other_frame_in_time(tmp_path, packets):
    """Also if frames are predicted from later ones, so that packets have another order."""
    video = write_video(tmp_path / "a.mp4", numbered(24))
    frames = list(read_frames(damage(video, packets)))
    assert times(frames) == pytest.approx([k / 25 for k in range(24)])
    assert sum(bool(frame.error) for frame in frames) >= len(packets)


def test_reader_reports_frames_without_their_reference_frames(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(12))
    frames = list(read_frames(damage(video, range(1))))
    assert len(frames) == 12
    assert frames[0].error == "invalid data found when processing input"
    assert "the frame is damaged" in {frame.error for frame in frames}


def test_frame_without_pixels_says_why(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(4), every_frame_alone=True)
    frame = list(read_frames(damage(video, range(1, 2))))[1]
    assert not frame.is_bt709
    for read in (lambda: frame.planes, lambda: frame.luma, frame.rgb):
        with pytest.raises(VideoError, match="Frame 1 has no pixels: invalid data"):
            read()


def test_reader_yields_the_frames_of_a_file_that_is_cut_short(tmp_path):
    images = [textured(64, 96, seed=k) for k in range(20)]
    video = write_video(tmp_path / "a.mkv", images, every_frame_alone=True)
    whole = decode_plainly(video)
    frames = [frame for frame in read_frames(shorten(video, keep=0.6)) if not frame.error]
    assert 8 <= len(frames) <= 13
    for frame, expected in zip(frames[:-1], whole, strict=False):
        assert np.array_equal(frame.luma, expected.to_ndarray()[:64])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path, "There is no file .*a.mp4"),
        (lambda path: path.mkdir(), "a.mp4 is a folder, not a file"),
        (lambda path: path.write_text("a diary"), "Cannot open a.mp4 as a video: Invalid data"),
        (lambda path: path.write_bytes(b""), "Cannot open a.mp4 as a video: "),
        (lambda path: shorten(write_video(path, numbered(9)), keep=0.5), "Cannot open a.mp4 as a video: "),
        (lambda path: write_tone(path, seconds=0.3), "a.mp4 has no video track"),
        (lambda path: write_video(path, []), "a.mp4 has no video track"),
    ],
    ids=["missing", "folder", "text", "empty", "no index", "sound only", "no frame"],
)
@pytest.mark.parametrize("read", [read_info, lambda path: list(read_frames(path))], ids=["info", "frames"])
def test_reader_refuses_a_file_that_is_no_video_in_one_line(tmp_path, make, message, read):
    path = tmp_path / "a.mp4"
    make(path)
    with pytest.raises(VideoError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_reader_times_count_from_the_start_of_the_file(tmp_path):
    """A television recording has its first timestamp at 20,000 s; so has its sound."""
    shown = [20_000 + k / 25 for k in range(25)]
    video = write_video(tmp_path / "a.ts", numbered(25), seconds=shown)
    assert times(read_frames(video)) == pytest.approx([k / 25 for k in range(25)], abs=1e-5)
    stretch = list(read_frames(video, start_seconds=0.4, end_seconds=0.8))
    assert [frame.index for frame in stretch] == list(range(10, 20))


def test_reader_times_below_0_count_from_the_start_too(tmp_path):
    video = write_video(tmp_path / "a.wmv", numbered(20), codec="wmv2")
    before = times(read_frames(video))
    expected = [time - before[0] for time in before]
    assert times(read_frames(shift_asf(video, milliseconds=700))) == pytest.approx(expected)


@pytest.mark.parametrize("sound_seconds", [1.0, None])
def test_reader_times_that_matroska_cannot_store_are_a_step_apart(tmp_path, sound_seconds):
    """FFmpeg reads no time below 0 from Matroska: the first images have none."""
    plain = write_video(tmp_path / "a.mp4", numbered(25), sound_seconds=sound_seconds)
    early = retime(tmp_path / "b.mkv", plain, lambda kind, place, shown: (shown - 45_000,) * 2)
    assert sum(image.pts is None for image in decode_plainly(early)) >= 12
    got = times(read_frames(early))
    priming = 1024 / 48_000 if sound_seconds else 0
    assert got == pytest.approx([priming + k / 25 for k in range(25)], abs=2e-3)


def test_reader_outliers_of_a_transport_stream_move_no_other_frame(tmp_path):
    plain = write_video(tmp_path / "a.mp4", numbered(30), rate=30, every_frame_alone=True)
    late = retime(
        tmp_path / "b.ts", plain, lambda kind, place, shown: (shown + 9_000 * (place in (14, 15)), shown)
    )
    shown = [image.time for image in decode_plainly(late)]
    assert shown[14] - shown[13] == pytest.approx(4 / 30, abs=1e-4)
    assert times(read_frames(late)) == pytest.approx([k / 30 for k in range(30)], abs=1e-4)


@pytest.mark.parametrize(("codec", "delay"), [("libx264", 2), ("mpeg4", 1)])
def test_reader_times_of_avi_with_reordered_frames_are_even(tmp_path, codec, delay):
    """AVI has no times of presentation; FFmpeg's best-effort times start late by the frames that wait."""
    video = tmp_path / "a.avi"
    with av.open(str(video), "w") as container:
        stream = container.add_stream(codec, rate=15)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.max_b_frames, stream.codec_context.thread_count = 2, 1
        stream.options = {"b_strategy": "0", "qmin": "1", "qmax": "2"}
        for place, image in enumerate(numbered(20)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = place, Fraction(1, 15)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames = list(read_frames(video))
    assert times(frames) == pytest.approx([(k + delay) / 15 for k in range(20)])
    assert all(before < after for before, after in pairwise(map(brightness, frames)))


def test_reader_outliers_in_the_middle_move_no_other_frame(tmp_path):
    video = write_video(tmp_path / "a.mkv", numbered(25), every_frame_alone=True)
    with av.open(str(video)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0)]
    content = bytearray(video.read_bytes())
    for packet in packets[10:12]:
        at = content.index(packet) - 3  # before the frame: 16 bits of time, 8 bits of flags
        later = int.from_bytes(content[at : at + 2], "big", signed=True) + 30_000
        content[at : at + 2] = later.to_bytes(2, "big", signed=True)
    video.write_bytes(content)
    assert times(decode_plainly_with_times(video))[10] == pytest.approx(30.4)
    assert times(read_frames(video)) == pytest.approx([k / 25 for k in range(25)], abs=1e-3)


def decode_plainly_with_times(video):
    return [Frame(place, image.time, image) for place, image in enumerate(decode_plainly(video))]


def test_reader_second_of_two_joined_files_follows_the_first(tmp_path):
    parts = [
        write_video(tmp_path / f"{width}.ts", numbered(25, height=height, width=width))
        for width, height in ((96, 64), (64, 48))
    ]
    frames = list(read_frames(join(tmp_path / "a.ts", *parts)))
    assert times(frames) == pytest.approx([k / 25 for k in range(50)], abs=1e-4)
    assert {frame.luma.shape for frame in frames[:25]} == {(64, 96)}
    assert {frame.luma.shape for frame in frames[25:]} == {(48, 64)}


@pytest.mark.parametrize("rate", [30, 90])
def test_reader_rate_of_a_raw_stream_is_the_streams_own(tmp_path, rate):
    video = write_video(tmp_path / "a.h264", numbered(12), rate=rate)
    assert read_info(video).rate == rate
    assert times(read_frames(video)) == pytest.approx([k / rate for k in range(12)])


def test_read_info_rate_of_a_browsers_recording_is_measured(tmp_path):
    """The header of MediaRecorder's WebM says 1,000 frames per second."""
    shown = [0.033 * k + 0.004 * (k % 3) for k in range(30)]
    video = write_video(tmp_path / "a.webm", numbered(30), rate=1000, seconds=shown, codec="libvpx")
    with av.open(str(video)) as container:
        assert container.streams.video[0].average_rate == 1000
    assert float(read_info(video).rate) == pytest.approx(29 / (shown[-1] - shown[0]), rel=1e-3)


@pytest.mark.parametrize(
    ("aspect", "height", "width"),
    [
        (Fraction(64, 45), 48, 91),  # 64 x 64 / 45 = 91.02
        (Fraction(128, 117), 48, 70),
        (Fraction(1024, 765), 48, 86),
        (Fraction(8, 9), 54, 64),  # pixels that are higher than wide make the image higher
        (Fraction(1), 48, 64),
    ],
)
def test_reader_makes_pixels_square_without_losing_any(tmp_path, aspect, height, width):
    video = write_video(tmp_path / "a.mp4", [textured(48, 64)] * 2, pixel_aspect=aspect)
    frame = next(read_frames(video))
    halves = ((height + 1) // 2, (width + 1) // 2)
    assert [plane.shape for plane in frame.planes] == [(height, width), halves, halves]
    shown = cv2.resize(textured(48, 64), (width, height))
    assert abs(frame.rgb().astype(int) - shown).mean() < 6
    turned = next(read_frames(rotate(video, clockwise=90)))
    assert turned.luma.shape == (width, height)


def test_reader_cover_image_is_not_the_video(tmp_path):
    frames = list(read_frames(write_with_cover(tmp_path / "a.mp4", numbered(5))))
    assert [frame.luma.shape for frame in frames] == [(64, 96)] * 5
    with pytest.raises(VideoError, match=r"a\.mp3 has no video track"):
        read_info(write_with_cover(tmp_path / "a.mp3", sound_codec="libmp3lame"))


def test_read_frames_frees_each_image_without_the_garbage_collector(tmp_path):
    """An image of an 8K video has 48 MiB: a few that wait for the collector fill the memory."""
    video = write_video(tmp_path / "a.mp4", numbered(12))
    gc.collect()
    gc.disable()
    try:
        for frame in read_frames(video):
            assert frame.rgb().shape == (64, 96, 3)
            assert frame.luma.shape == (64, 96)
        del frame
        assert [each for each in gc.get_objects() if type(each) is av.VideoFrame] == []
    finally:
        gc.enable()
