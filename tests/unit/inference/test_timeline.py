from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferfusion.inference.timeline import Span, faces_of, name_predictions, smooth_table, spans
from ferfusion.label_set import SEVEN, SIX

about: Any = pytest.approx  # stands for the number itself

ANGER, FEAR = np.eye(6)[0], np.eye(6)[2]


def table(rows):
    """A frame table from (frame, face, probabilities); a face of None is a frame without one."""
    return pd.DataFrame(
        [
            {
                "frame": frame,
                "seconds": frame / 25,
                "face": face,
                "status": "no_face" if face is None else "ok",
                **dict(
                    zip(SIX.probability_columns, [np.nan] * 6 if face is None else probabilities, strict=True)
                ),
            }
            for frame, face, probabilities in rows
        ],
        columns=["frame", "seconds", "face", "status", *SIX.probability_columns],
    ).astype({"face": "Int64"})


def test_faces_of_returns_the_rows_of_each_face_in_order_of_time():
    frames = table([(0, 1, ANGER), (0, 0, FEAR), (1, None, None), (2, 1, ANGER)])
    assert [(face, rows.tolist()) for face, rows in faces_of(frames)] == [(0, [1]), (1, [0, 3])]
    assert faces_of(table([])) == []
    assert faces_of(table([(0, None, None)])) == []


def test_faces_of_ignores_rejected_boxes():
    frames = table([(0, 0, ANGER), (1, 0, ANGER)])
    frames["status"] = ["ok", "low_score"]
    assert [(face, rows.tolist()) for face, rows in faces_of(frames)] == [(0, [0])]


def test_smooth_table_smooths_each_face_by_itself():
    frames = table([(k, face, FEAR if face else ANGER) for k in range(10) for face in (0, 1)])
    smoothed = smooth_table(frames, SIX, window_seconds=1, smoothing="centred")
    assert np.array_equal(smoothed, np.tile([ANGER, FEAR], (10, 1)))


def test_smooth_table_has_nan_in_rows_without_a_face():
    frames = table([(0, 0, ANGER), (1, None, None), (2, 0, FEAR)])
    smoothed = smooth_table(frames, SIX, window_seconds=0.2, smoothing="centred")
    assert np.isnan(smoothed[1]).all()
    assert smoothed[[0, 2]] == pytest.approx(np.array([(ANGER + FEAR) / 2] * 2))


def test_name_predictions_names_the_top_class_above_the_threshold():
    probabilities = np.array([[0.5, 0.3, 0.2, 0, 0, 0], [0.1, 0.5001, 0.3999, 0, 0, 0], [np.nan] * 6])
    assert name_predictions(probabilities, SIX, abstain_below=0).tolist() == ["Anger", "Disgust", None]
    assert name_predictions(probabilities, SIX, abstain_below=0.5).tolist() == ["Anger", "Disgust", None]
    assert name_predictions(probabilities, SIX, abstain_below=0.50005).tolist() == [
        "no clear expression",
        "Disgust",
        None,
    ]


def test_name_predictions_has_another_word_for_a_model_with_neutral():
    for labels, word in ((SIX, "no clear expression"), (SEVEN, "unsure")):
        even = np.full((1, len(labels)), 1 / len(labels))
        assert name_predictions(even, labels, abstain_below=0.4).tolist() == [word]


def spans_of(names, *, rate=25, seconds=None, longest_step=0.5, probability=0.8):
    seconds = np.arange(len(names)) / rate if seconds is None else np.array(seconds, float)
    smoothed = np.full((len(names), 2), [probability, 1 - probability])
    return spans(seconds, np.array(names, object), smoothed, longest_step=longest_step)


def test_spans_have_no_gap_between_them():
    assert spans_of(["Fear"] * 5 + ["Anger"] * 10 + ["Fear"]) == [
        Span(0, 0.2, "Fear", about(0.8)),
        Span(0.2, 0.6, "Anger", about(0.8)),
        Span(0.6, about(0.64), "Fear", about(0.8)),
    ]


def test_spans_end_where_the_face_is_away():
    seconds = [0, 0.1, 0.2, 5.0, 5.1]
    assert [(span.start, span.end) for span in spans_of(["Fear"] * 5, seconds=seconds)] == [
        (0, pytest.approx(0.3)),
        (5, pytest.approx(5.2)),
    ]


def test_spans_have_the_mean_probability_of_the_top_class():
    smoothed = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    names = np.array(["A", "A", "B"], object)
    found = spans(np.array([0.0, 1.0, 2.0]), names, smoothed, longest_step=2)
    assert [span.probability for span in found] == pytest.approx([0.8, 0.8])


def test_spans_of_one_frame_and_of_none():
    assert spans_of(["Fear"]) == [Span(0, 0, "Fear", 0.8)]
    assert spans_of([]) == []
