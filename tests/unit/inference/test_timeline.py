import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.inference.timeline import describe, judge, normalised_entropy
from ferfusion.labels import SIX

SURE_ANGER, SURE_FEAR = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.02, 0.02, 0.9, 0.02, 0.02, 0.02]
WEAK_FEAR = [0.3, 0, 0.4, 0.1, 0.1, 0.1]


def table(rows):
    """A frame table from (frame, face, status, probabilities)."""
    return pd.DataFrame(
        [
            {
                "frame": frame,
                "seconds": frame / 25,
                "face": face,
                "status": status,
                **dict(zip(SIX.probability_columns, probabilities or [None] * 6, strict=True)),
                "expression": SIX.names[int(np.argmax(probabilities))] if probabilities else None,
            }
            for frame, face, status, probabilities in rows
        ],
        columns=["frame", "seconds", "face", "status", *SIX.probability_columns, "expression"],
    )


def test_a_verdict_is_the_mean_of_the_faces_frames_and_no_vote():
    """Two weak frames of fear and one of sure anger: most frames say fear, the mean says anger."""
    frames = table([(0, 0, "ok", WEAK_FEAR), (1, 0, "ok", SURE_ANGER), (2, 0, "ok", WEAK_FEAR)])
    [verdict] = judge(frames, SIX)
    mean = np.mean([WEAK_FEAR, SURE_ANGER, WEAK_FEAR], axis=0)
    assert verdict.expression == "Anger"
    assert list(verdict.probabilities) == list(SIX.names)
    assert list(verdict.probabilities.values()) == pytest.approx(mean)
    assert verdict.agreement == pytest.approx(1 / 3)
    assert (verdict.face, verdict.frames, verdict.share_of_frames) == (0, 3, 1)


def test_frames_without_the_face_count_in_its_share_and_nowhere_else():
    rows = [(0, 0, "ok", SURE_FEAR), (1, None, "no_face", None), (2, None, "decode_error", None)]
    [verdict] = judge(table([*rows, (3, 0, "ok", SURE_FEAR)]), SIX)
    assert list(verdict.probabilities.values()) == pytest.approx(SURE_FEAR)
    assert (verdict.frames, verdict.share_of_frames) == (2, 0.5)


def test_each_face_has_its_own_verdict_and_a_frame_of_two_counts_once():
    rows = [
        (k, face, "ok", SURE_ANGER if face else SURE_FEAR) for k in range(4) for face in (0, 1) if k or face
    ]
    first, second = judge(table(rows), SIX)
    assert (first.face, first.expression, first.share_of_frames) == (0, "Fear", 0.75)
    assert (second.face, second.expression, second.share_of_frames) == (1, "Anger", 1.0)


@pytest.mark.parametrize(
    ("probabilities", "entropy"),
    [
        ([1, 0, 0, 0, 0, 0], 0),
        ([1 / 6] * 6, 1),
        ([0.5, 0.5, 0, 0, 0, 0], np.log(2) / np.log(6)),
        ([0.5, 0.25, 0.25, 0, 0, 0], 1.5 / np.log2(6)),
        ([0.25, 0.75], 0.8112781),
    ],
)
def test_entropy(probabilities, entropy):
    assert normalised_entropy(np.float64(probabilities)) == pytest.approx(entropy, abs=1e-7)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=9))
def test_entropy_lies_between_sure_and_knowing_nothing_and_asks_for_no_order(weights):
    probabilities = np.array(weights) / np.sum(weights)
    entropy = normalised_entropy(probabilities)
    assert 0 <= entropy <= 1 + 1e-9
    assert normalised_entropy(probabilities[::-1]) == pytest.approx(entropy)


def test_the_uncertainty_is_that_of_the_mean():
    [verdict] = judge(table([(0, 0, "ok", SURE_ANGER), (1, 0, "ok", SURE_FEAR)]), SIX)
    assert verdict.uncertainty == pytest.approx(normalised_entropy(np.mean([SURE_ANGER, SURE_FEAR], axis=0)))


def test_a_verdict_in_words():
    frames = table([(0, 0, "ok", SURE_FEAR), (1, None, "no_face", None)])
    assert describe(judge(frames, SIX), frames) == (
        "Face 0 displays Fear (mean probability 0.90, 100% of its 1 frames agree, uncertainty 0.27; "
        "seen in 50% of the video)."
    )


def test_without_a_face_no_expression_is_given_and_the_reasons_are():
    frames = table([(0, None, "no_face", None), (1, None, "no_face", None), (2, None, "small_face", None)])
    assert judge(frames, SIX) == []
    assert describe([], frames) == (
        "No face was found in any of 3 frames, so no expression is given (no_face 2, small_face 1)."
    )


def test_a_video_without_frames_says_so():
    assert judge(table([]), SIX) == []
    assert describe([], table([])) == "No frame could be decoded, so no expression is given."
