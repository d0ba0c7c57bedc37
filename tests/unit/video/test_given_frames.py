import numpy as np
import pytest

from ferfusion.errors import VideoError
from ferfusion.video.given_frames import GivenFrames

BLACK = np.zeros((24, 32, 3), np.uint8)


def test_given_frames_are_pairs_of_consecutive_frames():
    with GivenFrames([(0.0, BLACK), (0.1, BLACK + 50), (0.3, BLACK + 90)]) as source:
        pairs = list(source.pairs())
    assert [(before.seconds, after.seconds) for before, after in pairs] == [(0.0, 0.1), (0.1, 0.3)]
    assert pairs[1][0].image.to_ndarray(format="rgb24").tolist() == (BLACK + 50).tolist()
    assert (source.decoded, source.dropped) == (3, 0)


def test_given_frames_of_another_size_make_no_pair():
    wide = np.zeros((24, 64, 3), np.uint8)
    pairs = list(GivenFrames([(0, BLACK), (1, wide), (2, wide)]).pairs())
    assert [(before.index, after.index) for before, after in pairs] == [(1, 2)]


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([(0, BLACK), (0, BLACK)], "Frame 1 is at 0 s, and the one before it at 0 s; times must increase"),
        ([(0, BLACK[..., 0])], r"Frame 0 must be an RGB image, \(H, W, 3\) uint8, got \(24, 32\) uint8"),
        ([(0, BLACK / 255)], "got .* float64"),
        ([(0, BLACK[:0])], r"got \(0, 32, 3\)"),
        ([(0, "face.jpg")], "got None None"),
    ],
)
def test_given_frames_that_cannot_be_used_are_refused(frames, words):
    with pytest.raises(VideoError, match=words):
        list(GivenFrames(frames).pairs())
