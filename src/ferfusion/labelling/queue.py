"""Which videos are worth a look by people: where models are unsure, or name another class than the label.

Only predictions of people whom a model has not seen say something about a label: those of a run's test part,
or of a study, fold by fold.
"""

from collections.abc import Iterator
from itertools import chain, zip_longest

import numpy as np
import pandas as pd

from ferfusion.evaluation.metrics import FloatArray
from ferfusion.label_set import LabelSet

UNSURE, DISAGREES = "a model is unsure", "a model disagrees with the label"
QUEUE_COLUMNS = ("video", "subject", "label", "named", "p_label", "p_named", "uncertainty", "reason")
"""Columns of a queue; the reason does not tell what the model says, so that raters stay blind."""


def queue_of(predictions: pd.DataFrame, labels: LabelSet, *, number: int) -> pd.DataFrame:
    """Return the videos that are worth a look, a row each, the two kinds by turns.

    Args:
        predictions: A row per video and model: ``video, subject, emotion``, and a probability of each class.
        labels: The classes.
        number: Videos of each kind, at most.

    Returns:
        The columns ``QUEUE_COLUMNS``. The probabilities are the mean over the models; ``uncertainty`` is
        their entropy as a share of the highest one, 0 to 1.
    """
    table = _of_videos(predictions, labels)
    unsure = table.sort_values(["uncertainty", "video"], ascending=[False, True], kind="stable")
    wrong = table[table["named"] != table["label"]].copy()
    wrong["gap"] = wrong["p_named"] - wrong["p_label"].fillna(0)
    wrong = wrong.sort_values(["gap", "video"], ascending=[False, True], kind="stable")
    kinds = (wrong.head(number).assign(reason=DISAGREES), unsure.head(number).assign(reason=UNSURE))
    rows = list(_by_turns(*kinds))
    return pd.DataFrame(rows, columns=list(QUEUE_COLUMNS))


def uncertainties(probabilities: FloatArray) -> FloatArray:
    """Return the entropy of rows (N, C) as a share of the highest one.

    >>> uncertainties(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    logs = np.log(np.where(probabilities > 0, probabilities, 1))
    entropy = -(probabilities * logs).sum(axis=1) / np.log(probabilities.shape[1])
    shares: FloatArray = np.abs(entropy)
    return shares


def _of_videos(predictions: pd.DataFrame, labels: LabelSet) -> pd.DataFrame:
    columns = [name for name in labels.probability_columns if name in predictions]
    names = [labels.names[labels.probability_columns.index(name)] for name in columns]
    means = predictions.groupby(["video", "subject", "emotion"], sort=True)[columns].mean().reset_index()
    values = means[columns].to_numpy(float)
    place_of = {name: place for place, name in enumerate(names)}
    rows = np.arange(len(means))
    own = [place_of.get(name, -1) for name in means["emotion"]]
    return pd.DataFrame(
        {
            "video": means["video"],
            "subject": means["subject"],
            "label": means["emotion"],
            "named": np.array(names, dtype=object)[values.argmax(axis=1)],
            "p_label": np.where(np.array(own) >= 0, values[rows, own], np.nan),
            "p_named": values.max(axis=1),
            "uncertainty": uncertainties(values),
        }
    )


def _by_turns(*tables: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield the rows of tables by turns, each video once."""
    seen: set[str] = set()
    turns = zip_longest(*(table[list(QUEUE_COLUMNS)].to_dict("records") for table in tables))
    for row in filter(None, chain.from_iterable(turns)):
        if row["video"] not in seen:
            seen.add(str(row["video"]))
            yield {str(name): value for name, value in row.items()}
