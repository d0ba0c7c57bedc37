import pandas as pd
import pytest

from ferfusion.inference.surer import with_advice
from ferfusion.inference.verdict import FaceVerdict


def verdict(why="its probability is low", *, face=0, share=1.0):
    return FaceVerdict(face, "unsure", "Fear", {"Fear": 1.0}, None, None, 0.5, why, {}, 10, share)


def frames(*, w=90.0, seconds=10.0, **more):
    return pd.DataFrame({"face": 0, "w": w, "seconds": [0.0, seconds / 2, seconds], **more})


@pytest.mark.parametrize(
    ("table", "share", "words"),
    [
        (frames(w=31.2), 1.0, "the face is 31 pixels wide and the model reads 48: film it larger or closer"),
        (frames(yaw=[-40.0, -41, 3]), 1.0, "turned aside by 40 degrees: film it from the front"),
        (frames(pitch=[30.0, 30, 30]), 1.0, "turned up or down by 30 degrees"),
        (frames(seconds=0.5), 1.0, "it is in view in 3 frames only: a longer video says more"),
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
