import numpy as np
import pandas as pd
import pytest

from ferfusion.label_set import LabelSet
from ferfusion.labelling.queue import DISAGREES, UNSURE, queue_of, uncertainties

LABELS = LabelSet(("joy", "anger", "calm"))


def predictions(*rows):
    """Video, label and the three probabilities."""
    table = pd.DataFrame(rows, columns=["video", "emotion", *LABELS.probability_columns])
    return table.assign(subject="s" + table["video"])


def test_queue_has_the_strongest_disagreements_and_the_least_sure_by_turns():
    table = predictions(
        ("a", "joy", 0.9, 0.05, 0.05),
        ("b", "joy", 0.02, 0.96, 0.02),
        ("c", "joy", 0.3, 0.6, 0.1),
        ("d", "calm", 0.33, 0.33, 0.34),
    )
    queue = queue_of(table, LABELS, number=2)
    assert queue[["video", "named", "reason"]].values.tolist() == [
        ["b", "anger", DISAGREES],
        ["d", "calm", UNSURE],
        ["c", "anger", DISAGREES],
    ]
    assert queue["p_label"].tolist() == [0.02, 0.34, 0.3]
    assert queue_of(table, LABELS, number=1)["video"].tolist() == ["b", "d"]


def test_queue_takes_the_mean_of_several_models():
    table = predictions(("a", "joy", 1.0, 0.0, 0.0), ("a", "joy", 0.0, 1.0, 0.0))
    [row] = queue_of(table, LABELS, number=5).to_dict("records")
    assert (row["p_label"], row["p_named"], row["reason"]) == (0.5, 0.5, UNSURE)
    assert row["uncertainty"] == pytest.approx(np.log(2) / np.log(3))


def test_queue_of_a_label_without_a_probability_is_a_disagreement():
    table = predictions(("a", "boredom", 0.8, 0.1, 0.1))
    [row] = queue_of(table, LABELS, number=5).to_dict("records")
    assert (row["named"], row["reason"]) == ("joy", DISAGREES)
    assert np.isnan(row["p_label"])


def test_uncertainties_are_those_of_even_and_of_sure_probabilities():
    assert uncertainties(np.array([[0.25] * 4, [1.0, 0, 0, 0]])).tolist() == [1.0, 0.0]
