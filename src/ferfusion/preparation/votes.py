"""The table of a dataset with the votes of raters, beside its labels."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ferfusion.corpora.entries import Votes
from ferfusion.label_set import LabelSet, class_of_votes
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


def votes_by_class(votes: pd.DataFrame, labels: LabelSet, *, has_gaps: bool = False) -> pd.DataFrame:
    """Return votes with a column for each class and for each further choice; choices of a class are added.

    Args:
        votes: A row per video or image, a column per choice; a cell is missing where raters were not offered
            the choice.
        labels: The classes, which are the first columns.
        has_gaps: Whether a class is missing where no choice of it was offered; otherwise, it has 0 votes.

    >>> votes = pd.DataFrame({"joy": [1, 2], "unknown": [3, 0], "happiness": [5, 0]})
    >>> votes_by_class(votes, LabelSet(("Fear", "Happiness"))).to_dict("list")
    {'Fear': [0, 0], 'Happiness': [6, 2], 'Unknown': [3, 0]}
    >>> votes_by_class(votes, LabelSet(("Fear", "Happiness")), has_gaps=True)["Fear"].tolist()
    [<NA>, <NA>]
    """
    joined = {name: pd.Series(pd.NA, index=votes.index, dtype="Int64") for name in labels.names}
    for choice, column in votes.items():
        name, counts = class_of_votes(str(choice), labels), column.astype("Int64")
        joined[name] = joined[name].add(counts, fill_value=0) if name in joined else counts
    table = pd.DataFrame(joined, index=votes.index)
    return table if has_gaps else table.fillna(0).astype(np.int64)
