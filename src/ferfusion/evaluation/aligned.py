"""Confusion matrices of several variants and seeds, from prediction tables with the same test rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.evaluation.metrics import IntArray, always, confusion_by_group
from ferfusion.evaluation.predictions import predicted_codes, video_level
from ferfusion.label_set import LabelSet
from ferfusion.reporting.words import counted_are

PART = "test"
Predictions = Mapping[str, Sequence[pd.DataFrame]]
"""By variant, a prediction table for each seed."""


@dataclass(frozen=True)
class Answers:
    """The predictions of every variant at one level.

    Attributes:
        rows: ``video, subject, code`` of each row, a pair or a video.
        subjects: Names of the tested people, in the order of every array.
        truth: Confusion matrix of each subject if all predictions were correct, (S, C, C).
        confusions: By variant, a matrix for each seed and subject, (N, S, C, C).
        predicted: By variant, the top class of each row for each seed, (N, R).
        joint: By variant, the top class of each row by the mean probabilities of its seeds, (R,).
    """

    rows: pd.DataFrame
    subjects: tuple[str, ...]
    truth: IntArray
    confusions: Mapping[str, IntArray]
    predicted: Mapping[str, IntArray]
    joint: Mapping[str, IntArray]

    @property
    def codes(self) -> IntArray:
        """True class of each row, (R,)."""
        return self.rows["code"].to_numpy(np.int64)

    def constant(self, codes: int | Mapping[str, int]) -> IntArray:
        """Return the matrix of always predicting one class, or one class for each subject, (C, C)."""
        by_subject = [codes if isinstance(codes, int) else codes[name] for name in self.subjects]
        matrices = [always(code, truth) for code, truth in zip(by_subject, self.truth, strict=True)]
        return np.asarray(np.sum(matrices, axis=0))


def aligned_answers(predictions: Predictions, *, labels: LabelSet) -> dict[str, Answers]:
    """Return the predictions of the variants on the test part by level, ``video`` and ``pair``.

    Args:
        predictions: By variant, a table for each seed, from ``read_predictions``.
        labels: Their label set.

    Raises:
        DatasetError: there is no table, or two are not of the same test videos with the same rows.
    """
    if not predictions or not all(predictions.values()):
        raise DatasetError(
            "Statistics need the predictions of at least one variant, and of at least one seed of each"
        )
    pairs = {
        name: [_test_rows(table, f"{name}, seed {seed}") for seed, table in enumerate(tables)]
        for name, tables in predictions.items()
    }
    first, reference = next((name, tables[0]) for name, tables in pairs.items())
    for name, tables in pairs.items():
        for seed, table in enumerate(tables):
            _check_same_rows(reference, table, first=f"{first}, seed 0", other=f"{name}, seed {seed}")
    videos = {name: [video_level(table, labels=labels) for table in tables] for name, tables in pairs.items()}
    return {"video": _answers(videos, labels), "pair": _answers(pairs, labels)}


def join_folds(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the test rows of all folds of one seed as one table, in which every subject is tested once.

    Raises:
        DatasetError: a video is tested in two folds.
    """
    tested = [_test_rows(table, f"fold {fold}") for fold, table in enumerate(tables)]
    videos = pd.concat([table["video"].drop_duplicates() for table in tested])
    twice = sorted(videos[videos.duplicated()])
    if twice:
        raise DatasetError(
            f"{counted_are(len(twice), 'video')} tested in more than one fold, for example {twice[0]}; "
            "name one run for each fold of one split"
        )
    return pd.concat(tested, ignore_index=True)


def _answers(tables: Mapping[str, Sequence[pd.DataFrame]], labels: LabelSet) -> Answers:
    rows = next(iter(tables.values()))[0]
    codes = rows["code"].to_numpy(np.int64)
    subjects, subject_of_row = np.unique(rows["subject"].to_numpy(dtype=str), return_inverse=True)

    def count(answers: IntArray) -> IntArray:
        return confusion_by_group(codes, answers, subject_of_row, num_classes=len(labels))

    columns = list(labels.probability_columns)
    predicted = {
        name: np.stack([predicted_codes(table, labels=labels) for table in seeds])
        for name, seeds in tables.items()
    }
    return Answers(
        rows=rows[["video", "subject", "code"]],
        subjects=tuple(str(name) for name in subjects),
        truth=count(codes),
        confusions=MappingProxyType(
            {name: np.stack([count(each) for each in seeds]) for name, seeds in predicted.items()}
        ),
        predicted=MappingProxyType(predicted),
        joint=MappingProxyType(
            {
                name: np.mean([table[columns].to_numpy(float) for table in seeds], axis=0).argmax(axis=1)
                for name, seeds in tables.items()
            }
        ),
    )


def _test_rows(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the test rows in the order of their videos, clips and frames."""
    rows = table[table["part"] == PART]
    if rows.empty:
        raise DatasetError(
            f"The predictions of {what} have no row of the {PART} part; they have "
            f"{', '.join(map(str, table['part'].unique())) or 'no row'}"
        )
    order = [name for name in ("video", "clip", "frame") if name in rows]
    return rows.sort_values(order, kind="stable", ignore_index=True)


def _check_same_rows(reference: pd.DataFrame, table: pd.DataFrame, *, first: str, other: str) -> None:
    shared = ["video", "subject", "code"]
    if len(reference) == len(table) and (reference[shared] == table[shared]).all(axis=None):
        return
    only = set(reference["video"]) ^ set(table["video"])
    why = (
        f"{counted_are(len(only), 'video')} in one of the two only, for example {min(only)}"
        if only
        else "their videos differ in rows, subjects or labels"
    )
    raise DatasetError(
        f"{other} and {first} were not tested on the same rows: {why}; compare variants of one dataset and "
        "one split"
    )
