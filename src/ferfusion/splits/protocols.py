"""Who is tested, and on whom is trained: hold-out, folds, one subject at a time, a split that a corpus gives.

Pure: tables of counts in, a part or a fold for each subject out. Whatever the protocol, nobody is in two
parts, and the validation part, which chooses epochs and rates, is cut out of the training part.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.splits.balance import RESTARTS, divide_subjects


def assign_subjects(
    counts: pd.DataFrame, *, shares: Mapping[str, float], seed: int, restarts: int = RESTARTS
) -> dict[str, str]:
    """Return subject to part, so that every class is spread over the parts as close to ``shares`` as can be.

    Args:
        counts: Pairs by subject (rows) and class (columns); every class is wanted in every part.
        shares: Share of each part by its name; their sum is 1.
        seed: Seed of the random starts of the search.
        restarts: How many starts at most; the best end is taken.

    Raises:
        DatasetError: there are fewer subjects than parts, a class has fewer, or no way was found to give
            every class to every part.
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
    wanted = np.array(list(shares.values()))
    found = divide_subjects(counts.to_numpy(np.float64), wanted, seed=seed, restarts=restarts)
    if not found.complete:
        raise DatasetError(
            "No way was found to give every class to every part with the subjects apart; "
            "ask for larger validation and test parts, or leave a rare class out"
        )
    return {str(subject): parts[group] for subject, group in zip(counts.index, found.groups, strict=True)}


def fold_of_subject(counts: pd.DataFrame, *, folds: int | str, seed: int) -> dict[str, int]:
    """Return subject to fold, from 0; each fold is the test part once.

    A number of folds is balanced in class as the parts of a hold-out are; but a fold may lack a class,
    because scores are counted over the subjects of all folds together.

    Args:
        counts: Pairs by subject (rows) and class (columns).
        folds: How many, or ``subjects`` for a fold for each subject.
        seed: Seed of the random starts of the search.

    Raises:
        DatasetError: there are fewer subjects than folds.

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
        raise DatasetError(f"No way was found to give every one of {folds} folds a subject; ask for fewer")
    return {str(subject): int(fold) for subject, fold in zip(counts.index, found.groups, strict=True)}


def cut_validation(counts: pd.DataFrame, *, share: float, seed: int) -> dict[str, str]:
    """Divide the subjects who are not tested into ``train`` and ``validation``; return subject to part.

    Raises:
        DatasetError: there are fewer than two subjects, or a class has fewer than two.
    """
    return assign_subjects(counts, shares={"train": 1 - share, "validation": share}, seed=seed)


def settle_given_parts(given: Mapping[str, str]) -> dict[str, str]:
    """Return video to part as it is used, from the parts that a corpus gives.

    A corpus that gives a validation part and no test part (its test labels are not published) is tested on
    that; a validation part is then cut out of the training part, as wherever none is given.

    >>> settle_given_parts({"a": "train", "b": "validation"})
    {'a': 'train', 'b': 'test'}
    """
    if "test" in given.values():
        return dict(given)
    return {video: "test" if part == "validation" else part for video, part in given.items()}
