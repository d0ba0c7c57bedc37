"""Prediction tables: what is read, what is refused, and how pairs become videos."""

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import RunError
from ferfusion.evaluation.predictions import predicted_codes, read_predictions, video_level
from ferfusion.label_set import SEVEN, SIX
from helpers.runs import fake_predictions


@pytest.fixture
def table():
    return fake_predictions(pairs=3)


def written(path, table):
    table.to_csv(path / "predictions.csv", index=False)
    return path / "predictions.csv"


def test_read_predictions_reads_what_was_written(tmp_path, table):
    read = read_predictions(written(tmp_path, table), labels=SIX)
    columns = list(SIX.probability_columns)
    np.testing.assert_array_equal(read[columns].to_numpy(float), table[columns].to_numpy())
    assert read["code"].tolist() == table["code"].tolist()


def test_read_predictions_keeps_names_that_look_like_numbers_or_gaps(tmp_path, table):
    table["subject"] = table["subject"].replace({"Sv00": "007", "Sv01": "NA"})
    read = read_predictions(written(tmp_path, table), labels=SIX)
    assert {"007", "NA"} < set(read["subject"])


def test_video_level_is_the_mean_of_the_pairs():
    columns = list(SIX.probability_columns)
    pairs = pd.DataFrame(
        {
            "part": "test",
            "video": ["a", "a", "b"],
            "subject": ["1", "1", "2"],
            "code": [0, 0, 4],
            "emotion": ["Anger", "Anger", "Sadness"],
            **dict.fromkeys(columns, 0.0),
        }
    )
    # the top class of the first pair is Disgust, that of the mean is Anger
    pairs[["p_anger", "p_disgust", "p_sadness"]] = [[0.4, 0.6, 0.0], [0.9, 0.1, 0.0], [0.0, 0.3, 0.7]]
    videos = video_level(pairs, labels=SIX)
    assert videos[["video", "pairs", "expression"]].to_numpy().tolist() == [
        ["a", 2, "Anger"],
        ["b", 1, "Sadness"],
    ]
    np.testing.assert_allclose(videos.loc[0, ["p_anger", "p_disgust"]].to_numpy(float), [0.65, 0.35])
    assert predicted_codes(pairs, labels=SIX).tolist() == [1, 0, 4]


def test_video_level_probabilities_sum_to_1(table):
    videos = video_level(table, labels=SIX)
    np.testing.assert_allclose(videos[list(SIX.probability_columns)].sum(axis=1), 1, atol=1e-5)
    assert videos["pairs"].sum() == len(table)


def spoiled(table, column, value):
    table = table.astype({column: object})
    table.loc[5, column] = value
    return table


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop(columns=["subject", "p_fear"]), "lacks the columns subject, p_fear"),
        (lambda t: t.iloc[:0], "has a header but no row"),
        (lambda t: spoiled(t, "p_fear", "much"), "line 7: p_fear 'much' is not a number"),
        (lambda t: spoiled(t, "p_fear", ""), "line 7: p_fear '' is not a number"),
        (lambda t: spoiled(t, "p_fear", -0.5), "line 7: p_fear -0.5 is not a probability"),
        (lambda t: spoiled(t, "p_fear", 0.99), "do not sum to 1"),
        (lambda t: spoiled(t, "emotion", "Boredom"), "line 7: emotion 'Boredom' is not one of Anger"),
        (lambda t: spoiled(t, "code", 5), "line 7: code 5 does not fit the row's emotion"),
        (lambda t: spoiled(t, "subject", "other"), "has more than one subject"),
        (lambda t: spoiled(t, "part", "test"), "has more than one part"),
        (lambda t: t.assign(clip="a", frame=3), "line 3: frame '3' comes twice in its clip"),
        (lambda t: t.assign(p_boredom=0.0), "has the columns p_boredom; its label set has only"),
    ],
)
def test_read_predictions_refuses_a_damaged_table_in_one_line(tmp_path, table, spoil, message):
    with pytest.raises(RunError) as caught:
        read_predictions(written(tmp_path, spoil(table)), labels=SIX)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_read_predictions_refuses_a_subject_in_two_parts(tmp_path, table):
    table["subject"] = table["subject"].replace({"Sv00": "St00"})
    with pytest.raises(RunError, match="subject 'St00' has more than one part: test, validation"):
        read_predictions(written(tmp_path, table), labels=SIX)


def test_read_predictions_refuses_another_label_set(tmp_path, table):
    with pytest.raises(RunError, match="lacks the columns p_neutral"):
        read_predictions(written(tmp_path, table), labels=SEVEN)


def test_read_predictions_names_a_missing_or_unreadable_file(tmp_path):
    with pytest.raises(RunError, match=r"predictions\.csv is missing"):
        read_predictions(tmp_path / "predictions.csv", labels=SIX)
    (tmp_path / "predictions.csv").write_text("")
    with pytest.raises(RunError, match="not a readable CSV file"):
        read_predictions(tmp_path / "predictions.csv", labels=SIX)
