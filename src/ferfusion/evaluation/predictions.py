"""Prediction tables: read and check them, average pairs into videos."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ferfusion.errors import RunError
from ferfusion.evaluation.metrics import IntArray
from ferfusion.label_set import LabelSet
from ferfusion.tables import read_table, refuse_rows

IDENTITY = ("part", "video", "subject", "emotion")
_PAIR = ("clip", "video", "frame")  # a pack of still images is one clip

# probabilities are written as text, with some digits lost
_SUM_TOLERANCE = 1e-3
_refuse = partial(refuse_rows, error=RunError)
WRITE_AGAIN = (
    "delete bundle.safetensors beside it and run the same `ferfusion train`, which writes both again"
)
"""What the user can do about a missing or damaged prediction table of a run."""


def read_predictions(path: Path, *, labels: LabelSet, advice: str = WRITE_AGAIN) -> pd.DataFrame:
    """Read and check a prediction table: a row per pair, with the true label and a probability per class.

    Args:
        path: The file.
        labels: Its classes.
        advice: What the user can do about a missing or damaged file.

    Returns:
        The table of the file, with ``code`` as integer, probabilities as float, names as text.

    Raises:
        RunError: a column is missing, a value is wrong, a video has two subjects or two labels, or a subject
            or video is in two parts.
    """
    # as text, so that a subject "007" stays one, and one called "NA" is not a gap
    table = read_table(path, error=RunError, advice=advice)
    _check_columns(table, path, labels)
    table = table.assign(
        code=_numbers(table, "code", path),
        **{name: _numbers(table, name, path) for name in labels.probability_columns},
    )
    _check_labels(table, path, labels)
    _check_probabilities(table, path, labels)
    _check_owners(table, path)
    if {*_PAIR} <= {*table.columns}:
        _refuse(path, table, table.duplicated(list(_PAIR)), "frame", "comes twice in its clip")
    return table.astype({"code": np.int64})


def read_parts(paths: Sequence[Path], *, labels: LabelSet) -> pd.DataFrame:
    """Read and check the prediction tables of several parts as one table.

    Raises:
        RunError: a table is wrong, or a subject or video is in two parts.
    """
    tables = [read_predictions(path, labels=labels) for path in paths]
    joined = pd.concat(tables, ignore_index=True)
    _check_owners(joined, paths[0].parent)
    return joined


def video_level(pairs: pd.DataFrame, *, labels: LabelSet) -> pd.DataFrame:
    """Return a row per video: its mean probabilities over all its pairs, and its top class.

    Columns: ``part, video, subject, pairs, code, emotion, p_…, expression``.
    """
    columns = list(labels.probability_columns)
    videos = (
        pairs.groupby(["part", "video", "subject", "code", "emotion"], sort=True)
        .agg(pairs=("video", "size"), **{name: (name, "mean") for name in columns})
        .reset_index()
    )
    names = np.asarray(labels.names, dtype=object)
    videos["expression"] = names[predicted_codes(videos, labels=labels)]
    return videos[["part", "video", "subject", "pairs", "code", "emotion", *columns, "expression"]]


def predicted_codes(table: pd.DataFrame, *, labels: LabelSet) -> IntArray:
    """Return the code of the top class of each row; of several equally likely ones the first."""
    probabilities = table[list(labels.probability_columns)].to_numpy(dtype=float)
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def _check_owners(table: pd.DataFrame, path: Path) -> None:
    """Check that a video has one subject, label and part, and a subject one part."""
    for owner, owned in (
        ("video", "subject"),
        ("video", "emotion"),
        ("video", "part"),
        ("subject", "part"),
    ):
        _check_single(table, path, owner=owner, owned=owned)


def _check_columns(table: pd.DataFrame, path: Path, labels: LabelSet) -> None:
    wanted = (*IDENTITY, "code", *labels.probability_columns)
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise RunError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(table.columns)}")
    extra = [name for name in table.columns if name.startswith("p_") and name not in wanted]
    if extra:
        raise RunError(
            f"{path} has the columns {', '.join(extra)}; its label set has only {', '.join(labels.names)}"
        )
    if table.empty:
        raise RunError(f"{path} has a header but no row")


def _numbers(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    numbers = pd.to_numeric(table[column], errors="coerce")
    _refuse(path, table, ~np.isfinite(numbers.to_numpy(float)), column, "is not a number")
    return numbers


def _check_labels(table: pd.DataFrame, path: Path, labels: LabelSet) -> None:
    place = {name: code for code, name in enumerate(labels.names)}
    expected = table["emotion"].map(place)
    _refuse(path, table, expected.isna(), "emotion", f"is not one of {', '.join(labels.names)}")
    _refuse(path, table, expected != table["code"], "code", "does not fit the row's emotion")


def _check_probabilities(table: pd.DataFrame, path: Path, labels: LabelSet) -> None:
    for name in labels.probability_columns:
        _refuse(path, table, ~table[name].between(0, 1), name, "is not a probability")
    totals = table[list(labels.probability_columns)].sum(axis=1)
    _refuse(
        path,
        table,
        (totals - 1).abs() > _SUM_TOLERANCE,
        "video",
        "has a row of probabilities that do not sum to 1",
    )


def _check_single(table: pd.DataFrame, path: Path, *, owner: str, owned: str) -> None:
    found = table[[owner, owned]].drop_duplicates()
    twice = found[found[owner].duplicated(keep=False)]
    if not twice.empty:
        name = twice[owner].iloc[0]
        values = ", ".join(sorted(twice.loc[twice[owner] == name, owned]))
        raise RunError(f"{path}: {owner} {name!r} has more than one {owned}: {values}")
