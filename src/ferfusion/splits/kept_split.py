"""The split that a run was trained on, kept in the run folder and read from there later.

A dataset can be split again, and its labels corrected, after a run was trained on it. A clip of the training
part could then be in the validation part. So a run keeps its own ``splits.csv``, with a fingerprint of each
clip's rows.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ferfusion.errors import DatasetError, RunError
from ferfusion.files import read_json, write_json
from ferfusion.parts import Part
from ferfusion.preparation.dataset import Dataset
from ferfusion.splits.split import read_splits
from ferfusion.tables import read_table, write_table

_IDENTITY = ("pair", "code", "emotion", "subject", "video")
_EXAMPLES = 3


def keep_split(path: Path, dataset: Dataset, parts: Mapping[str, Part], *, header: Path) -> None:
    """Write the split of a run, and its JSON header beside it.

    Args:
        path: ``splits.csv`` of the run folder.
        dataset: The dataset of the run.
        parts: Clip to part.
        header: The JSON header of the split of the dataset.
    """
    clips = clip_identities(dataset)
    clips.insert(1, "part", clips["clip"].map(parts))
    write_table(path, clips)
    write_json(path.with_suffix(".json"), read_json(header))


def read_kept_split(path: Path, dataset: Dataset) -> dict[str, Part]:
    """Return clip to part as in the training of a run.

    Args:
        path: ``splits.csv`` of the run folder.
        dataset: The dataset of the run.

    Raises:
        DatasetError: the run has no split, or the dataset no longer fits the run; the message names what
            differs.
    """
    if not path.is_file():
        raise RunError(
            f"{path} is missing, which keeps the split of the training; train a new run, in a new folder"
        )
    differences = list(_differences(_read_identities(path), clip_identities(dataset)))
    if differences:
        raise DatasetError(
            f"{dataset.root} has changed since {path.parent} was trained on it: {'; '.join(differences)}. "
            "Train a new run on it"
        )
    return read_splits(dataset, path)


def clip_identities(dataset: Dataset) -> pd.DataFrame:
    """Return a row per clip: ``clip, subject, emotion, rows``.

    ``rows`` is a fingerprint of the clip's rows of ``data.csv``. Where the rows of a clip differ in subject
    or emotion, as in a pack of still images, that column is empty.
    """
    rows = [
        {
            "clip": clip,
            "subject": _only(table["subject"]),
            "emotion": _only(table["emotion"]),
            "rows": _fingerprint(table[list(_IDENTITY)]),
        }
        for clip, table in dataset.pairs.groupby("clip", sort=False)
    ]
    return pd.DataFrame(rows, columns=["clip", "subject", "emotion", "rows"])


def _only(values: "pd.Series[str]") -> str:
    return str(values.iloc[0]) if values.nunique() == 1 else ""


def _fingerprint(table: pd.DataFrame) -> str:
    text = "\n".join(",".join(map(str, row)) for row in table.itertuples(index=False, name=None))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_identities(path: Path) -> pd.DataFrame:
    return read_table(
        path,
        columns=("clip", "part", "subject", "emotion", "rows"),
        error=RunError,
        advice="train a new run, in a new folder",
    )


def _differences(kept: pd.DataFrame, today: pd.DataFrame) -> Iterator[str]:
    """Yield a phrase for each kind of difference between the clips of a run and those of a dataset."""
    then, now = kept.set_index("clip"), today.set_index("clip")
    yield from _phrase("clips that are gone", list(then.index.difference(now.index)))
    yield from _phrase("clips that are new", list(now.index.difference(then.index)))
    both = then.index.intersection(now.index)
    before, after = then.loc[both], now.loc[both]
    unexplained = before["rows"] != after["rows"]
    for column, words in (("subject", "clips of another subject"), ("emotion", "clips of another label")):
        differs = unexplained & (before[column] != after[column])
        changes = before[column] + " before, " + after[column] + " now"
        yield from _phrase(words, [f"{clip}: {change}" for clip, change in changes[differs].items()])
        unexplained &= ~differs
    yield from _phrase("clips with other pairs", list(both[unexplained]))


def _phrase(words: str, examples: Sequence[str]) -> Iterator[str]:
    """Yield the number of examples and the first of them; nothing if there are none.

    >>> list(_phrase("clips that are gone", ["a", "b", "c", "d"]))
    ['clips that are gone: 4 (a, b, c, …)']
    """
    if len(examples):
        more = ", …" if len(examples) > _EXAMPLES else ""
        yield f"{words}: {len(examples)} ({', '.join(examples[:_EXAMPLES])}{more})"
