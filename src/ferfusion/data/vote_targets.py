"""Votes of several raters for each video or image, as targets of a training."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ferfusion.errors import ConfigError
from ferfusion.label_set import LabelSet
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.votes import votes_by_class


def vote_shares(dataset: Dataset) -> npt.NDArray[np.float32]:
    """Return each class's share of the votes for every row of a dataset's pair table, (rows, C).

    Votes for anything else (contempt, unknown, not a face) are left out. A video or image without votes, or
    with half of its votes or more left out, has a share of 1 for its label.

    Raises:
        ConfigError: the dataset has no votes.
    """
    if dataset.votes is None:
        raise ConfigError(
            f"{dataset.root} has no votes of raters (votes.csv); unset soft_labels and vote_weight"
        )
    own = np.eye(len(dataset.labels), dtype=np.float32)[dataset.pairs["code"].to_numpy(np.int64)]
    votes = dataset.votes.set_index("video").reindex(dataset.pairs["video"])
    counts = class_votes(votes, dataset.labels)
    totals = votes.sum(axis=1).to_numpy(np.float32)
    is_clear = counts.sum(1) > totals / 2  # false where there are no votes
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    targets: npt.NDArray[np.float32] = np.where(is_clear[:, None], shares, own).astype(np.float32)
    return targets


def class_votes(votes: pd.DataFrame, labels: LabelSet) -> npt.NDArray[np.float32]:
    """Return the columns of the label set's classes, in its order; a missing row or column has no votes.

    >>> votes = pd.DataFrame({"anger": [3], "contempt": [5], "fear": [2]})
    >>> class_votes(votes, LabelSet(("Fear", "Anger", "Sadness"))).tolist()
    [[2.0, 3.0, 0.0]]
    """
    return votes_by_class(votes.fillna(0), labels)[list(labels.names)].to_numpy(np.float32)
