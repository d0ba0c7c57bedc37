import os
import threading
import time
from typing import Any

import av
import cv2
import numpy as np
import pytest

from ferfusion.errors import VideoError
from ferfusion.video import live_source
from ferfusion.video.live_source import LiveFrame, LiveSource
from helpers.videos import damage, decode_plainly, numbered, write_tone, write_video

SIZES = {102: (64, 48), 103: (64, 48)}


def live_frame(index):
    return LiveFrame(index, index / 25, time.monotonic(), av.VideoFrame(*SIZES.get(index, (32, 24))))


def until(condition):
    """Wait until another thread has made a condition true."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen within ten seconds")


@pytest.fixture
def fed(monkeypatch):
    """A source that yields frames when ``feed`` is called: (source, feed)."""
    waiting: list[Any] = []
    more = threading.Semaphore(0)

    def live_frames(*_):
        while True:
            more.acquire()
            if (one := waiting.pop(0)) is None:
                return
            yield one

    def feed(*indices):
        for index in indices:
            waiting.append(None if index is None else live_frame(index))
            more.release()

    monkeypatch.setattr(live_source, "_live_frames", live_frames)
    with LiveSource("somewhere") as source:
        yield source, feed
        feed(None)


def indices(pair):
    return [one.index for one in pair]


def test_live_source_yields_the_newest_pair_and_drops_the_others(fed):
    source, feed = fed
    pairs = source.pairs()
    feed(0, 1)
    assert indices(next(pairs)) == [0, 1]
    feed(2, 3, 4, 5)
    until(lambda: source.decoded == 6)
    assert indices(next(pairs)) == [4, 5]
    assert source.dropped == 3
    feed(None)
    assert list(pairs) == []


def test_live_source_yields_a_pair_once_and_waits_for_the_next(fed):
    source, feed = fed
    pairs = source.pairs()
    feed(0, 1)
    next(pairs)
    later = threading.Timer(0.1, feed, [2])
    later.start()
    assert indices(next(pairs)) == [1, 2]
    assert source.dropped == 0


def test_live_source_makes_no_pair_across_a_missing_frame(fed):
    source, feed = fed
    feed(0, 2, 3, None)
    assert [indices(pair) for pair in source.pairs()] == [[2, 3]]


def test_live_source_makes_no_pair_of_two_sizes(fed):
    """A call changes its size between 101 and 102: flow between the two images would be no motion."""
    source, feed = fed
    feed(101, 102)
    until(lambda: source.decoded == 2)
    feed(103)
    assert indices(next(source.pairs())) == [102, 103]


def test_live_source_yields_the_last_pair_after_the_end(fed):
    source, feed = fed
    feed(0, 1, None)
    until(lambda: source.decoded == 2)
    assert [indices(pair) for pair in source.pairs()] == [[0, 1]]


def test_live_source_reads_a_file_at_its_own_frame_rate(tmp_path):
    shown = [0.0, 0.1, 0.2, 0.6, 0.7]
    video = write_video(tmp_path / "a.mp4", numbered(5), seconds=shown)
    start = time.monotonic()
    with LiveSource(str(video)) as source:
        pairs = list(source.pairs())
    assert indices(pairs[-1]) == [3, 4]
    assert [first.seconds for first, _ in pairs] == pytest.approx([shown[first.index] for first, _ in pairs])
    assert all(one.arrived >= start + one.seconds for pair in pairs for one in pair)


def test_live_source_yields_the_images_of_a_file(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(6))
    plain = [frame.to_ndarray(format="rgb24") for frame in decode_plainly(video)]
    with LiveSource(str(video)) as source:
        for first, second in source.pairs():
            assert second.index == first.index + 1
            assert np.array_equal(first.image.to_ndarray(format="rgb24"), plain[first.index])


def test_live_source_reads_an_input_that_is_no_file():
    with LiveSource("testsrc=duration=0.4:rate=25:size=64x48", input_format="lavfi") as source:
        pairs = list(source.pairs())
    assert source.decoded == 10
    assert pairs
    assert len(pairs) + source.dropped == 9


def test_live_source_makes_no_pair_with_a_damaged_frame(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(8), every_frame_alone=True)
    with LiveSource(str(damage(video, range(3, 4)))) as source:
        seen = [index for pair in source.pairs() for index in indices(pair)]
    assert 3 not in seen
    assert source.decoded == 7


def test_live_source_reads_a_camera_by_opencv(tmp_path, monkeypatch):
    video = write_video(tmp_path / "camera.mp4", numbered(6))
    plain = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: plain(str(video)) if number == 7 else plain())
    with LiveSource("7") as source:
        pairs = list(source.pairs())
    assert source.decoded == 6
    assert indices(pairs[-1]) == [4, 5]
    brightness = pairs[-1][1].image.to_ndarray(format="rgb24").mean()
    assert brightness == pytest.approx(220, abs=6)
    with LiveSource("8") as source, pytest.raises(VideoError, match="There is no camera 8"):
        list(source.pairs())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("dear diary"), "Cannot open none.mp4 as a video"),
        (lambda path: write_tone(path, seconds=0.2), "has no video track"),
        (os.mkfifo, "none.mp4 is a pipe; name a camera, a URL or a file"),
        (lambda path: None, "There is no file .*none.mp4, and it is no URL such as rtsp://host/stream"),
    ],
)
def test_live_source_refuses_an_unreadable_source_in_one_line(tmp_path, make, words):
    path = tmp_path / "none.mp4"
    make(path)
    with LiveSource(str(path)) as source, pytest.raises(VideoError, match=words) as caught:
        list(source.pairs())
    assert "\n" not in str(caught.value)


def test_live_source_reads_a_file_whose_name_begins_like_a_url(tmp_path, monkeypatch):
    (tmp_path / "http:").mkdir()
    write_video(tmp_path / "http:" / "10:30.mp4", numbered(4))
    monkeypatch.chdir(tmp_path)
    with LiveSource("http:/10:30.mp4") as source:
        assert len(list(source.pairs())) > 0


def test_live_source_names_an_unknown_format():
    with LiveSource("x", input_format="nonsense") as source, pytest.raises(VideoError, match="nonsense"):
        list(source.pairs())


def test_live_source_ends_at_once_with_its_block(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(5), seconds=[0, 0.1, 60, 120, 180])
    start = time.monotonic()
    with LiveSource(str(video)) as source:
        next(source.pairs())
    assert time.monotonic() - start < 20
    assert source.decoded < 5
