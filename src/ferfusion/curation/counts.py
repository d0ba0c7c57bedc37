"""How many videos, people and pairs each class and each person of a dataset has."""

from collections.abc import Iterator, Mapping

import pandas as pd

from ferfusion.curation.lost_faces import losses_by
from ferfusion.errors import DatasetError
from ferfusion.parts import PARTS, part_words
from ferfusion.preparation.dataset import Dataset
from ferfusion.reporting.pages import percent
from ferfusion.reporting.words import counted, examples, listed
from ferfusion.splits.split import read_splits

_FEW = 0.5
"""A person with less than this share of the median person's videos or classes has few."""
_IMBALANCE = 2
"""How many times the pairs of the smallest class the largest has where that is worth a sentence."""
PEOPLE_COLUMNS = (
    *("subject", "videos", "classes", "pairs", "frames", "lost", "share_lost", "unused", "note"),
)


def split_of(dataset: Dataset) -> tuple[Mapping[str, str], str]:
    """Return the part of each clip, and why there is none although the dataset has a table of parts."""
    if not dataset.splits_file.is_file():
        return {}, ""
    try:
        return read_splits(dataset), ""
    except DatasetError as error:
        return {}, str(error)


def classes_table(dataset: Dataset, losses: pd.DataFrame, parts: Mapping[str, str]) -> pd.DataFrame:
    """Return a row per class: ``emotion, videos, people, pairs, <part>, official_<part>, frames, lost, …``.

    Args:
        dataset: The dataset.
        losses: From ``lost_faces``.
        parts: Part of each clip; empty without a split.
    """
    pairs, names = dataset.pairs, list(dataset.labels.names)
    groups = pairs.groupby("emotion")
    people = {"people": groups["subject"].nunique()} if dataset.people_known else {}
    columns = {"videos": groups["video"].nunique(), **people, "pairs": groups.size()}
    videos = pairs.drop_duplicates("video")
    if parts:
        of_video = videos["clip"].map(dict(parts))
        columns |= {part: videos[of_video == part].groupby("emotion").size() for part in PARTS}
    official = dataset.videos.drop_duplicates("video").set_index("video")["part"]
    of_video = videos["video"].map(official).fillna("")
    columns |= {
        f"official_{part}": videos[of_video == part].groupby("emotion").size()
        for part in dict.fromkeys(of_video)
        if part
    }
    table = pd.DataFrame(columns).reindex(names).fillna(0).astype(int)
    table = table.join(losses_by(losses, "emotion"))
    return table.rename_axis("emotion").reset_index().assign(unused=lambda rows: _whole(rows["unused"]))


def people_table(dataset: Dataset, losses: pd.DataFrame) -> pd.DataFrame:
    """Return a row per person; none if the people are unknown. The note says where there is little."""
    if not dataset.people_known:
        return pd.DataFrame(columns=list(PEOPLE_COLUMNS))
    groups = dataset.pairs.groupby("subject")
    table = pd.DataFrame(
        {"videos": groups["video"].nunique(), "classes": groups["emotion"].nunique(), "pairs": groups.size()}
    )
    table = table.join(losses_by(losses, "subject"), how="outer")
    numbers = ["videos", "classes", "pairs", "unused"]
    table[numbers] = table[numbers].fillna(0).astype(int)
    used = table[table["videos"] > 0]
    usual = used[["videos", "classes"]].median()
    notes = []
    for _, row in table.iterrows():
        few = [
            f"few {name}: {int(row[name])} (half of the people have {usual[name]:g} or more)"
            for name in ("videos", "classes")
            if 0 < row[name] < _FEW * usual[name]
        ]
        notes.append("no video is used" if not row["videos"] else "; ".join(few))
    table = table.assign(note=notes).rename_axis("subject").reset_index()
    return table[list(PEOPLE_COLUMNS)]


def count_lines(dataset: Dataset, classes: pd.DataFrame, people: pd.DataFrame) -> Iterator[str]:
    """Yield what was found in the counts, a sentence each.

    Args:
        dataset: The dataset.
        classes: From ``classes_table``.
        people: From ``people_table``.
    """
    noun, rows = ("image", "images") if dataset.stills else ("video", "pairs")
    used = classes[classes["videos"] > 0].sort_values("pairs")
    if len(absent := classes[classes["videos"] == 0]):
        yield f"No {noun} of {listed(list(absent['emotion']))}."
    if dataset.people_known:
        for _, row in used[used["people"] < 2].iterrows():
            yield (
                f"{row['emotion']} has videos of one person only: a model of it cannot be tested on other "
                "people."
            )
    if len(used) > 1:
        least, most = used.iloc[0], used.iloc[-1]
        share = percent(most["pairs"] / used["pairs"].sum())
        if most["pairs"] >= _IMBALANCE * least["pairs"]:
            yield (
                f"{most['emotion']} has {most['pairs'] / least['pairs']:.1f} times the {rows} of "
                f"{least['emotion']}: always answering it is right in {share} of all {rows}, which does "
                "not raise the UAR."
            )
    for part in (name for name in classes.columns if name in PARTS):
        if used[part].any() and len(empty := used[used[part] == 0]):
            yield f"No {noun} of {listed(list(empty['emotion']))} in {part_words(part)}."
    little = people[people["note"] != ""]
    if len(little):
        some = examples(
            [f"{row['subject']} ({row['note'].partition(' (')[0]})" for _, row in little.iterrows()]
        )
        yield f"{counted(len(little), 'person')} with little: {some}."


def _whole(column: "pd.Series[float]") -> "pd.Series[int]":
    return column.fillna(0).astype(int)
