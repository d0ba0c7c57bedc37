"""Scores of predictions on the majority of the raters' votes, where videos or images have votes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.scoring import Scored, Scores, score
from ferfusion.label_set import LabelSet
from ferfusion.parts import part_words
from ferfusion.preparation.votes import votes_by_class
from ferfusion.reporting.pages import percent
from ferfusion.reporting.words import counted


def score_votes(scored: Scored[Measured]) -> tuple[Scores, ...]:
    """Return the scores of each part on the raters' majorities, per video and per pair; none without votes.

    Videos without a clear majority for one of the classes do not count. The baseline predicts the most
    frequent class of the scored rows.
    """
    measured = scored.measured
    if measured.votes is None:
        return ()
    votes = votes_by_class(measured.votes.set_index("video"), measured.labels)
    tables = {"video": scored.videos, "pair": measured.predictions}
    on_votes = {level: voted(table, votes, measured.labels) for level, table in tables.items()}
    return tuple(
        score(
            table,
            labels=measured.labels,
            part=part,
            level=level,
            majority_code=int(np.bincount(table.loc[table["part"] == part, "code"]).argmax()),
            recipe=scored.recipe,
        )
        for part in measured.parts
        for level, table in on_votes.items()
        if (table["part"] == part).any()
    )


def voted(predictions: pd.DataFrame, votes: pd.DataFrame, labels: LabelSet) -> pd.DataFrame:
    """Return the predictions whose video has a clear majority for a class, with that class as their label.

    Args:
        predictions: A row per pair or video.
        votes: From ``votes_by_class``, by video.
        labels: The classes.

    >>> predictions = pd.DataFrame({"video": ["a", "b", "c"], "code": [0, 0, 0], "emotion": ["Fear"] * 3})
    >>> votes = pd.DataFrame({"Sadness": [6, 5, 1], "Fear": [4, 5, 0], "Unknown": [0, 0, 9]}, ["a", "b", "c"])
    >>> voted(predictions, votes, LabelSet(("Fear", "Sadness"))).to_numpy().tolist()
    [['a', 1, 'Sadness']]
    """
    most = votes.max(axis=1)
    is_clear = votes.eq(most, axis=0).sum(axis=1) == 1
    chosen = votes.idxmax(axis=1)[is_clear]
    emotion = predictions["video"].map(chosen[chosen.isin(labels.names)])
    rows = predictions.assign(emotion=emotion)[emotion.notna()]
    return rows.assign(code=rows["emotion"].map(labels.code).astype(np.int64))


def vote_lines(voted: Sequence[Scores], *, noun: str) -> list[str]:
    """Return the scores per video on the majority of the raters' votes, a sentence for each part.

    Args:
        voted: From ``score_votes``.
        noun: What a video is: video or image.
    """
    return [
        f"On the majority of the raters' votes, {part_words(one.part)}, {counted(one.rows, noun)} with a "
        f"clear one for a class: WAR {percent(one.war.value)} (baseline {percent(one.war.baseline)}), "
        f"UAR {percent(one.uar.value)} (baseline {percent(one.uar.baseline)})."
        for one in voted
        if one.level == "video"
    ]
