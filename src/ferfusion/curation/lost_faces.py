"""Frames in which no face was found, and videos that are not used: per video, class and person."""

from collections.abc import Iterator

import pandas as pd

from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.frame_preparer import STATUSES
from ferfusion.preparation.reasons import count_reasons
from ferfusion.reporting.pages import percent
from ferfusion.reporting.words import counted, examples

LOST = STATUSES[1:]
LOST_COLUMNS = ("video", "subject", "emotion", "status", "reason", "frames", "lost", "share_lost", *LOST)
MANY = 0.1
"""Share of a video's frames from which on it is shown as one with many lost frames."""
_TIMES, _LEAST_FRAMES = 2, 10
"""A class or person stands out if it loses this many times the share of all others, and this many frames."""


def lost_faces(dataset: Dataset) -> pd.DataFrame:
    """Return a row per video or image of the corpus, with the number of its frames by status.

    The numbers of lost frames are missing where the dataset has no ``frames.csv``.

    Returns:
        ``video, subject, emotion, status, reason, frames, lost, share_lost``, and a column per status
        of a lost frame, in the order of the corpus.
    """
    videos = dataset.videos.reindex(columns=["video", "subject", "emotion", "status", "reason", "frames"])
    if not dataset.frames_file.is_file():
        return videos.reindex(columns=list(LOST_COLUMNS))
    frames = dataset.frames
    counts = pd.crosstab(frames["video"], frames["status"])
    lost = counts.reindex(index=videos["video"], columns=list(LOST), fill_value=0).set_index(videos.index)
    totals = counts.sum(axis=1).reindex(videos["video"], fill_value=0).set_axis(videos.index)
    table = videos.assign(frames=totals, lost=lost.sum(axis=1)).join(lost)
    table["share_lost"] = (table["lost"] / totals.where(totals > 0)).astype(float)
    return table[list(LOST_COLUMNS)]


def has_frames(losses: pd.DataFrame) -> bool:
    """Return whether anything is known about lost frames."""
    return bool(losses["lost"].notna().any())


def worth_a_look(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the videos that lost frames or are not used, those with the largest share first."""
    found = losses[(losses["lost"].fillna(0) > 0) | (losses["status"] != "ok")]
    return found.sort_values(["share_lost", "lost"], ascending=False, kind="stable", ignore_index=True)


def losses_by(losses: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return ``frames, lost, share_lost, unused`` by class or person; ``unused`` counts videos."""
    named = losses[losses[column].fillna("") != ""]
    groups = named.assign(unused=(named["status"] != "ok").astype(int)).groupby(column)
    table = groups[["frames", "lost", "unused"]].sum(min_count=1)
    share = table["lost"] / table["frames"].where(table["frames"] > 0)
    return table.assign(share_lost=share.astype(float))[["frames", "lost", "share_lost", "unused"]]


def standing_out(by: pd.DataFrame) -> pd.DataFrame:
    """Return the classes or people that lose twice the share of all others together, the worst first."""
    known = by.dropna(subset=["frames", "lost"])
    others = (known["lost"].sum() - known["lost"]) / (known["frames"].sum() - known["frames"]).clip(lower=1)
    found = known[(known["lost"] >= _LEAST_FRAMES) & (known["share_lost"] > _TIMES * others)]
    return found.sort_values("share_lost", ascending=False)


def loss_lines(losses: pd.DataFrame, dataset: Dataset) -> Iterator[str]:
    """Yield what was found about lost faces, a sentence each."""
    noun = "image" if dataset.stills else "video"
    used = losses[losses["status"] == "ok"]
    unused = losses[losses["status"] != "ok"]
    if has_frames(losses):
        frames, lost = int(losses["frames"].sum()), int(losses["lost"].sum())
        kinds = [f"{name}: {int(losses[name].sum()):,}" for name in LOST if losses[name].sum()]
        share = percent(lost / frames) if frames else "none"
        yield f"{lost:,} of {counted(frames, 'frame')} lost ({'; '.join([share, *kinds])})."
        many = used[used["share_lost"] >= MANY]
        if len(many):
            yield (
                f"{counted(len(many), noun)} in use lost {MANY:.0%} of the frames or more: "
                f"{examples(list(many.sort_values('share_lost', ascending=False)['video']))}."
            )
        columns = {"emotion": "class"} | ({"subject": "person"} if dataset.people_known else {})
        for column, words in columns.items():
            worst = standing_out(losses_by(losses, column))["share_lost"]
            if len(worst):
                named = examples([f"{name} ({percent(share)})" for name, share in worst.items()])
                yield f"{counted(len(worst), words)} with at least twice the loss of all others: {named}."
    else:
        yield "This dataset has no frames.csv, so that nothing is known about single frames."
    reasons = count_reasons(dataset.videos) if len(unused) else pd.DataFrame()
    if len(unused):
        first = reasons.iloc[0]
        yield (
            f"{counted(len(unused), 'row')} of the corpus not used, for {counted(len(reasons), 'reason')}; "
            f"the most frequent: {first['reason']} ({first['rows']:,})."
        )
    else:
        yield f"Every {noun} is used."
