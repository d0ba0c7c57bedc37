"""Protocols of evaluation: hold-out, k folds, leave one subject out, and the official split of a corpus.

Pure: tables of counts in, a part or a fold for each subject out. In every protocol, no subject is in two
parts, and the validation part, which chooses epochs and learning rates, is cut out of the training part.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.parts import Part
from ferfusion.splits.balance import RESTARTS, divide_subjects


def assign_subjects(
    counts: pd.DataFrame, *, shares: Mapping[Part, float], seed: int, restarts: int = RESTARTS
) -> dict[str, Part]:
    """Return subject to part, with every class divided among the parts as close to ``shares`` as possible.

    Args:
        counts: Pairs by subject (rows) and class (columns); every part needs every class.
        shares: Share of each part by its name; their sum is 1.
        seed: Seed of the random starts of the search.
        restarts: Largest number of random starts; the best result is returned.

    Raises:
        DatasetError: there are fewer subjects than parts, a class has fewer, or no division was found
            that gives every part every class.
    """
    parts = list(shares)
    if len(counts) < len(parts):
        raise DatasetError(
            f"{len(parts)} parts with their own subjects need at least {len(parts)} subjects, "
            f"got {len(counts)}"
        )
    holders = (counts > 0).sum()
    rare = [f"{name} ({number})" for name, number in holders.items() if number < len(parts)]
    if rare:
        raise DatasetError(
            f"Every part needs every class, so each class needs at least {len(parts)} subjects "
            f"for {', '.join(parts)}; too few: {', '.join(rare)}"
        )
    targets = np.array(list(shares.values()))
    found = divide_subjects(counts.to_numpy(np.float64), targets, seed=seed, restarts=restarts)
    if not found.complete:
        raise DatasetError(
            "No division was found that gives every part every class and no subject two parts; "
            "make the validation and test parts larger, or leave a rare class out"
        )
    return {str(subject): parts[group] for subject, group in zip(counts.index, found.groups, strict=True)}


def fold_of_subject(counts: pd.DataFrame, *, folds: int | str, seed: int) -> dict[str, int]:
    """Return subject to fold, from 0; each fold is the test part once.

    The folds are balanced by class like the parts of a hold-out split. A fold may lack a class, because
    scores are computed over the subjects of all folds together.

    Args:
        counts: Pairs by subject (rows) and class (columns).
        folds: Number of folds, or ``subjects`` for one fold per subject.
        seed: Seed of the random starts of the search.

    Raises:
        DatasetError: there are fewer subjects than folds, or a fold would be empty.

    >>> fold_of_subject(pd.DataFrame({"Fear": [3, 4]}, index=["b", "a"]), folds="subjects", seed=0)
    {'a': 0, 'b': 1}
    """
    if isinstance(folds, str):
        return {str(subject): fold for fold, subject in enumerate(sorted(counts.index))}
    if len(counts) < folds:
        raise DatasetError(f"{folds} folds need at least {folds} subjects, got {len(counts)}")
    shares = np.full(folds, 1 / folds)
    found = divide_subjects(counts.to_numpy(np.float64), shares, seed=seed, every_class=False)
    if len(set(found.groups.tolist())) < folds:
        raise DatasetError(
            f"No division was found that gives each of {folds} folds a subject; use fewer folds"
        )
    return {str(subject): int(fold) for subject, fold in zip(counts.index, found.groups, strict=True)}


def cut_validation(counts: pd.DataFrame, *, share: float, seed: int) -> dict[str, Part]:
    """Divide the subjects outside the test part into train and validation; return subject to part.

    Raises:
        DatasetError: there are fewer than two subjects, or a class has fewer than two.
    """
    return assign_subjects(counts, shares={"train": 1 - share, "validation": share}, seed=seed)


def official_parts(official: Mapping[str, Part]) -> dict[str, Part]:
    """Return video to part as it is used, from the official split of a corpus.

    If the official split has a validation part and no test part (its test labels are not published), the
    validation part becomes the test part. Another validation part is then cut out of the training part.

    >>> official_parts({"a": "train", "b": "validation"})
    {'a': 'train', 'b': 'test'}
    """
    if "test" in official.values():
        return dict(official)
    return {video: "test" if part == "validation" else part for video, part in official.items()}
