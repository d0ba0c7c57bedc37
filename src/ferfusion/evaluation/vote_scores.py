"""Score predictions on the majority of the annotators' votes, if images have votes beside their label."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.scoring import Scores, score
from ferfusion.labels import LabelSet, class_of_votes
from ferfusion.reporting.pages import percent
from ferfusion.reporting.words import counted


def score_votes(measured: Measured, recipe: EvaluateRecipe) -> tuple[Scores, ...]:
    """Return the scores of each part on the annotators' majorities; none without votes.

    Images without a clear majority for one of the classes do not count. The majority baseline predicts the
    most frequent class of the scored rows.
    """
    if measured.votes is None:
        return ()
    table = voted(measured.predictions, measured.votes.set_index("video"), measured.labels)
    return tuple(
        score(
            table,
            labels=measured.labels,
            part=part,
            level="pair",
            majority_code=int(np.bincount(table.loc[table["part"] == part, "code"]).argmax()),
            recipe=recipe,
        )
        for part in measured.parts
    )


def voted(predictions: pd.DataFrame, votes: pd.DataFrame, labels: LabelSet) -> pd.DataFrame:
    """Return the predictions whose image has a clear majority for a class, with that class as their label.

    >>> predictions = pd.DataFrame({"video": ["a", "b", "c"], "code": [0, 0, 0], "emotion": ["Fear"] * 3})
    >>> votes = pd.DataFrame({"sadness": [6, 5, 1], "fear": [4, 5, 0], "unknown": [0, 0, 9]}, ["a", "b", "c"])
    >>> voted(predictions, votes, LabelSet(("Fear", "Sadness"))).to_numpy().tolist()
    [['a', 1, 'Sadness']]
    """
    counts = votes.rename(columns=lambda column: class_of_votes(column, labels))
    most = counts.max(axis=1)
    is_clear = counts.eq(most, axis=0).sum(axis=1) == 1
    chosen = counts.idxmax(axis=1)[is_clear]
    emotion = predictions["video"].map(chosen[chosen.isin(labels.names)])
    rows = predictions.assign(emotion=emotion)[emotion.notna()]
    return rows.assign(code=rows["emotion"].map(labels.code).astype(np.int64))


def vote_lines(voted: Sequence[Scores]) -> list[str]:
    """Return the scores on the majority of the annotators' votes, a sentence for each part."""
    return [
        f"On the majority of the annotators' votes, {one.part}, {counted(one.rows, 'image')}: "
        f"WAR {percent(one.war.value)} (majority {percent(one.war.majority)}), "
        f"UAR {percent(one.uar.value)} (majority {percent(one.uar.majority)})."
        for one in voted
    ]
