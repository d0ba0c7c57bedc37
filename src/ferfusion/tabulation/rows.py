"""The rows of the long tables: of the predictions of one training or model."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ferfusion.evaluation.predictions import predicted_codes, video_level
from ferfusion.preparation.votes import votes_by_class
from ferfusion.tabulation.result import Observed
from ferfusion.tabulation.schema import Schema, conform

_OWNERS = ("face", "tested_on")
"""Columns that all pairs of a video of one row share, beside those of every result."""


def rows_of(schema: Schema, one: Observed) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name of each table, and its rows of one training or model."""
    yield "frames", frame_rows(schema, one)
    videos = video_rows(schema, one)
    yield "videos", videos
    yield "people", person_rows(schema, videos)


def frame_rows(schema: Schema, one: Observed) -> pd.DataFrame:
    """Return a row per pair."""
    return conform(_with_people(schema, _answered(schema, one, one.pairs)), schema.fields("frames"))


def video_rows(schema: Schema, one: Observed) -> pd.DataFrame:
    """Return a row per video: the mean probabilities of its pairs, as every score per video has them."""
    owners = [name for name in _OWNERS if name in one.pairs]
    groups = one.pairs.groupby(owners, sort=False) if owners else [((), one.pairs)]
    tables = []
    for key, pairs in groups:
        own: dict[str, Any] = dict(zip(owners, key, strict=True))
        tables.append(video_level(pairs, labels=one.labels).assign(**own))
    videos = pd.concat(tables, ignore_index=True)
    table = _with_votes(schema, one, _answered(schema, one, videos))
    return conform(_with_people(schema, table), schema.fields("videos"))


def person_rows(schema: Schema, videos: pd.DataFrame) -> pd.DataFrame:
    """Return a row per person of ``video_rows``; none where the people are not known."""
    fields = schema.fields("people")
    keys = [name for name in ("variant", "seed", "fold", "tested_on", "subject") if name in videos]
    known = videos[videos["correct"].notna()] if schema.result.people_known else videos[:0]
    if known.empty:
        return conform(pd.DataFrame(columns=[field.name for field in fields]), fields)
    recalls = known.groupby([*keys, "emotion"], dropna=False)["correct"].mean().astype(float)
    people = known.groupby(keys, dropna=False).agg(
        videos=("video", "size"), correct=("correct", "sum"), classes=("emotion", "nunique")
    )
    people["uar"] = recalls.groupby(keys, dropna=False).mean()
    return conform(_with_people(schema, people.reset_index()), fields)


def _answered(schema: Schema, one: Observed, table: pd.DataFrame) -> pd.DataFrame:
    """Return predictions by the names of the tables, with what they share and the top class."""
    labels = one.labels
    top, true = predicted_codes(table, labels=labels), table["code"].to_numpy(np.int64)
    known, shares = true >= 0, table[list(labels.probability_columns)].to_numpy(float)
    of_true = shares[np.arange(len(table)), np.maximum(true, 0)]
    names = schema.names("p_<class>")
    columns = {
        column: names[name] for column, name in zip(labels.probability_columns, labels.names, strict=True)
    }
    return table.rename(columns=columns).assign(
        **one.keys,
        expression=np.asarray(labels.names, dtype=object)[top],
        correct=np.where(known, top == true, np.nan),
        p_true=np.where(known, of_true, np.nan),
    )


def _with_votes(schema: Schema, one: Observed, videos: pd.DataFrame) -> pd.DataFrame:
    if one.votes is None:
        return videos
    table = one.votes.set_index("video")
    votes = votes_by_class(table, one.labels).reindex(videos["video"])
    most = votes.max(axis=1)
    is_clear = votes.eq(most, axis=0).sum(axis=1).eq(1) & most.gt(0)
    voted = votes.loc[is_clear].idxmax(axis=1).reindex(votes.index)
    names = schema.names("votes_<choice>")
    counts = votes_by_class(table, one.labels, has_gaps=True).reindex(videos["video"])
    counts = counts.rename(columns=names).set_axis(videos.index)
    return pd.concat([videos, counts], axis=1).assign(voted=voted.to_numpy())


def _with_people(schema: Schema, table: pd.DataFrame) -> pd.DataFrame:
    if schema.people.empty:
        return table
    columns = schema.people.reindex(table["subject"]).set_axis(table.index)
    others = table.drop(columns=[*columns], errors="ignore")  # such as the code, which no table has
    return pd.concat([others, columns], axis=1)
