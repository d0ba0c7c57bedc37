"""The table of a dataset with the votes of raters, beside its labels."""

from collections.abc import Iterable

import pandas as pd

from ferfusion.corpora.entries import Votes
from ferfusion.labels import LabelSet, class_of_votes
from ferfusion.preparation.dataset import DatasetFiles
from ferfusion.tables import write_table


def write_votes(files: DatasetFiles, votes: Votes | None, videos: Iterable[str]) -> None:
    """Write ``votes.csv``, a row per video or image with votes, in their order; no file if none has any.

    Args:
        files: The folder to write into.
        votes: The votes of the corpus, if it has any.
        videos: Ids of the videos or images that are used.
    """
    if votes is None:
        return
    rows = [[video, *votes.counts[video]] for video in videos if video in votes.counts]
    if rows:
        write_table(files.votes_file, pd.DataFrame(rows, columns=["video", *votes.choices]))


def votes_by_class(votes: pd.DataFrame, labels: LabelSet) -> pd.DataFrame:
    """Return votes with a column for each class and for each further choice; choices of a class are added.

    Args:
        votes: A row per video or image, a column per choice.
        labels: The classes, which are the first columns.

    >>> votes = pd.DataFrame({"joy": [1, 2], "unknown": [3, 0], "happiness": [5, 0]})
    >>> votes_by_class(votes, LabelSet(("Fear", "Happiness"))).to_dict("list")
    {'Fear': [0, 0], 'Happiness': [6, 2], 'Unknown': [3, 0]}
    """
    joined = {name: pd.Series(0, index=votes.index) for name in labels.names}
    for choice, column in votes.items():
        name = class_of_votes(str(choice), labels)
        joined[name] = joined[name] + column if name in joined else column
    return pd.DataFrame(joined, index=votes.index)
