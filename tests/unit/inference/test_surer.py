import numpy as np
import pandas as pd
import pytest

from ferfusion.inference.surer import speaks, with_advice
from ferfusion.inference.verdict import FaceVerdict


def verdict(why="its probability is low", *, face=0, share=1.0):
    return FaceVerdict(face, "unsure", "Fear", {"Fear": 1.0}, None, None, 0.5, why, {}, 10, share)


def frames(*, w=90.0, seconds=10.0, **more):
    table = {"face": 0, "w": w, "brightness": 120.0, "seconds": [0.0, seconds / 2, seconds]}
    return pd.DataFrame(table | more)


def jaw(values, *, fps=25):
    times = np.arange(len(values)) / fps
    return pd.DataFrame({"face": 0, "w": 90.0, "brightness": 120.0, "seconds": times, "jawOpen": values})


@pytest.mark.parametrize(
    ("table", "share", "words"),
    [
        (frames(w=31.2), 1.0, "the face is 31 pixels wide and the model reads 48: film it larger or closer"),
        (frames(yaw=[-40.0, -41, 3]), 1.0, "turned aside by 40 degrees: film it from the front"),
        (frames(pitch=[30.0, 30, 30]), 1.0, "turned up or down by 30 degrees"),
        (frames(seconds=0.5), 1.0, "it is in view in 3 frames only: a longer video says more"),
        (frames(brightness=[20.0, 30, 90]), 1.0, "the face is dark (30 of 255): film it in more light"),
        (jaw(0.2 + 0.2 * np.sin(np.arange(75))), 1.0, "it speaks, which moves the mouth as expressions do"),
        (frames(), 0.2, "it is in view in 20% of the frames: keep it in view"),
    ],
)
def test_advice_names_what_was_filmed_badly(table, share, words):
    [found] = with_advice([verdict(share=share)], table, size_px=48)
    [advice] = found.would_help
    assert words in advice


def test_advice_is_not_given_without_reason_or_for_a_named_class():
    table = frames(yaw=[float("nan")] * 3, pitch=[1.0, 2, 3])
    assert with_advice([verdict()], table, size_px=48) == [verdict()]
    small = frames(w=10.0)
    assert with_advice([verdict(why="")], small, size_px=48) == [verdict(why="")]
    [photograph] = with_advice(
        [verdict(share=0.1)], frames(w=10.0, seconds=0), size_px=48, is_photograph=True
    )
    assert len(photograph.would_help) == 1


def test_advice_is_of_the_rows_of_its_own_face():
    table = pd.concat([frames(w=90.0), frames(w=10.0).assign(face=1)])
    one, other = with_advice([verdict(), verdict(face=1)], table, size_px=48)
    assert not one.would_help
    assert "10 pixels" in other.would_help[0]


@pytest.mark.parametrize(
    ("values", "spoken"),
    [
        (0.2 + 0.2 * np.sin(2 * np.pi * 2 * np.arange(100) / 25), True),  # two syllables a second
        (0.2 + 0.2 * np.sin(2 * np.pi * 0.3 * np.arange(100) / 25), False),  # the mouth opens slowly
        (0.2 + 0.03 * np.sin(2 * np.pi * 4 * np.arange(100) / 25), False),  # noise
        (np.linspace(0, 0.9, 100), False),
        (np.full(100, np.nan), False),
        ([0.1, 0.9, 0.1, 0.9], False),  # shorter than a second
    ],
)
def test_speaks_counts_openings_and_closings_a_second(values, spoken):
    assert speaks(jaw(values)) is spoken


def test_speaks_is_false_without_facial_actions():
    assert speaks(frames()) is False
