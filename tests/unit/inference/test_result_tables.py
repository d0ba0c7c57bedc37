from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ferfusion.actions.names import ACTION_COLUMNS
from ferfusion.errors import ConfigError
from ferfusion.inference.result_tables import (
    actions_table,
    means_table,
    onset_table,
    photograph_table,
    rest_table,
    span_table,
)
from ferfusion.label_set import LabelSet
from helpers.photographs import grey
from helpers.photographs import predicted as predicted_photograph
from helpers.predictions import prediction_of

LABELS = LabelSet(("Fear", "Happiness"))

LANDMARKER = "face-landmarker"


def predicted(seconds, faces, fear, spans=()):
    """A prediction with the probability of Fear in every row; nan where there is no face."""
    fear = np.array(fear, np.float32)
    table = pd.DataFrame(
        {
            "frame": np.arange(len(seconds)),
            "seconds": np.array(seconds, float),
            "face": pd.array(faces, dtype="Int64"),
            "status": pd.Categorical(["no_face" if np.isnan(one) else "ok" for one in fear]),
            "p_fear": fear,
            "p_happiness": 1 - fear,
        }
    )
    smoothed = table[["p_fear", "p_happiness"]].to_numpy(np.float32)
    return prediction_of(table, smoothed, labels=LABELS, spans=dict(spans))


def test_means_table_has_the_mean_of_each_face_in_each_second():
    nan = float("nan")
    prediction = predicted(
        [0, 0, 0.5, 0.999_999_9, 1.5, 2.5], [0, 1, 0, 0, None, 1], [0.2, 1, 0.4, 0.9, nan, 0.3]
    )
    table = means_table(prediction, 1)
    assert table.columns.tolist() == ["seconds", "face", "frames", "p_fear", "p_happiness", "expression"]
    assert table[["seconds", "face", "frames"]].to_numpy().tolist() == [
        [0, 0, 2],
        [0, 1, 1],
        [1, 0, 1],
        [2, 1, 1],
    ]
    assert table["p_fear"].tolist() == pytest.approx([0.3, 1, 0.9, 0.3])
    assert table["expression"].tolist() == ["Happiness", "Fear", "Fear", "Happiness"]


def test_tables_without_a_face_are_empty_and_have_their_columns():
    prediction = predicted([0, 1], [None, None], [float("nan")] * 2)
    assert means_table(prediction, 1).empty
    assert span_table(prediction).columns.tolist() == [
        "face",
        "expression",
        "start",
        "end",
        "mean_probability",
    ]
    assert onset_table(prediction, "Fear").columns.tolist() == EPISODE_COLUMNS


EPISODE_COLUMNS = [
    "face",
    "expression",
    "onset",
    "apex",
    "offset",
    "probability",
    "onset_seen",
    "offset_seen",
]


def test_onset_table_has_the_episodes_of_each_face_by_time():
    seconds = [0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4]
    faces = [0, 0, 1, 0, 1, 0, 1, 0, 1]
    fear = [0.1, 0.4, 0.6, 0.9, 0.2, 0.2, 0.2, 0.2, 0.7]
    table = onset_table(predicted(seconds, faces, fear), "Fear", high=0.5, low=0.3)
    assert table.columns.tolist() == EPISODE_COLUMNS
    assert table[["face", "onset", "apex", "offset"]].to_numpy().tolist() == [
        [0, 0.1, 0.2, 0.3],
        [1, 0.1, 0.1, 0.2],
        [1, 0.4, 0.4, pytest.approx(0.5)],
    ]
    assert table["onset_seen"].tolist() == [True, False, True]
    assert table["offset_seen"].tolist() == [True, True, False]
    assert table["probability"].tolist() == pytest.approx([0.9, 0.6, 0.7])


def test_onset_table_of_two_classes_has_higher_thresholds():
    """0.7 and 0.58: without an expression, each of two classes has 0.5."""
    prediction = predicted([0, 0.1, 0.2, 0.3], [0, 0, 0, 0], [0.55, 0.6, 0.75, 0.55])
    assert onset_table(prediction, "Fear")[["onset", "offset"]].to_numpy().tolist() == [[0.1, 0.3]]
    lower = onset_table(predicted([0, 0.1], [0, 0], [0.1, 0.6]), "Fear", high=0.55)
    assert lower["onset"].tolist() == [0.1]


def test_onset_table_of_all_expressions_is_sorted_by_time():
    table = onset_table(predicted([0, 0.1, 0.2], [0, 0, 0], [0.9, 0.1, 0.9]))
    assert table["expression"].tolist() == ["Fear", "Happiness", "Fear"]
    assert table["onset"].tolist() == [0, 0.1, 0.2]


def test_onset_table_refuses_a_class_that_the_model_does_not_have():
    with pytest.raises(ConfigError, match="Unknown expression 'Joy'; this label set has Fear, Happiness"):
        onset_table(predicted([0], [0], [0.5]), "Joy")


def test_photograph_table_has_no_time_and_the_verdict_with_its_reason():
    prediction = predicted_photograph(grey(128), abstain_below=0.9)
    [row] = photograph_table(prediction).to_dict("records")
    assert list(row)[:6] == ["face", "x", "y", "w", "h", "status"]
    assert (row["face"], row["w"], row["verdict"]) == (0, 60, "no clear expression")
    assert row["expression"] == prediction.verdicts[0].top_class
    probability = max(prediction.verdicts[0].probabilities.values())
    assert row["reason"] == f"its probability, {probability:.2f}, is below the threshold of 0.90"


def test_tables_over_time_have_no_row_of_a_photograph():
    prediction = predicted_photograph(grey(0))
    assert means_table(prediction, 1).empty
    assert span_table(prediction).empty
    assert onset_table(prediction, "Anger").empty


def test_actions_table_has_the_rows_with_a_face():
    plain = predicted([0, 1, 1], [None, 0, 1], [float("nan"), 0.2, 0.3])
    actions = pd.DataFrame(np.full((3, 55), 0.5, np.float32), columns=ACTION_COLUMNS)
    with_actions = replace(
        plain,
        recipe=replace(plain.recipe, actions=LANDMARKER),
        table=pd.concat([plain.table, actions], axis=1),
    )
    table = actions_table(with_actions)
    assert list(table) == ["frame", "seconds", "face", *ACTION_COLUMNS]
    assert table["face"].tolist() == [0, 1]
    with pytest.raises(ConfigError, match="predict again with actions"):
        actions_table(plain)


def test_rest_table_has_the_calm_frames_of_each_face():
    frames = 20
    plain = predicted(np.repeat(np.arange(frames), 2), [0, 1] * frames, [0.2] * 2 * frames)
    actions = pd.DataFrame(np.zeros((2 * frames, 55), np.float32), columns=ACTION_COLUMNS)
    actions["browInnerUp"] = [0.1, 0.3] * frames
    actions.loc[: frames - 1, "mouthSmileLeft"] = 0.9  # the first half
    with_actions = replace(
        plain,
        recipe=replace(plain.recipe, actions=LANDMARKER),
        table=pd.concat([plain.table, actions], axis=1),
    )
    table = rest_table(with_actions)
    assert table[["face", "frames"]].to_numpy().tolist() == [[0, frames], [1, frames]]
    assert table["browInnerUp"].tolist() == pytest.approx([0.1, 0.3])
    assert table["mouthSmileLeft"].tolist() == [0, 0]


@pytest.mark.parametrize(("frames", "is_known"), [(1, False), (2, False), (3, True)])
def test_rest_table_of_a_photograph_or_a_moment_is_unknown(frames, is_known):
    plain = predicted(np.arange(frames), [0] * frames, [0.2] * frames)
    actions = pd.DataFrame(np.full((frames, 55), 0.4, np.float32), columns=ACTION_COLUMNS)
    with_actions = replace(
        plain,
        recipe=replace(plain.recipe, actions=LANDMARKER),
        table=pd.concat([plain.table, actions], axis=1),
    )
    rest = rest_table(with_actions)
    assert rest["frames"].tolist() == [frames]
    assert rest["jawOpen"].notna().tolist() == [is_known]


def test_rest_table_without_a_face_has_its_columns():
    plain = predicted([0, 1], [None, None], [float("nan")] * 2)
    actions = pd.DataFrame(np.full((2, 55), np.nan, np.float32), columns=ACTION_COLUMNS)
    empty = replace(
        plain,
        recipe=replace(plain.recipe, actions=LANDMARKER),
        table=pd.concat([plain.table, actions], axis=1),
    )
    assert rest_table(empty).shape == (0, 54)
