"""The split that a run was trained on, kept in the run folder and read from there later.

A dataset can be split again, and its labels corrected, after a run was trained on it. A clip of the training
part could then be in the validation part. So a run keeps its own ``splits.csv``, with a fingerprint of each
clip's rows.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_json, write_table
from ferfusion.parts import Part
from ferfusion.preparation.dataset import Dataset
from ferfusion.splits.split import parts_hash, read_splits

KEPT_SPLIT = "splits.csv"
"""The table of parts in a run folder."""
_IDENTITY = ("pair", "code", "emotion", "subject", "video")
_EXAMPLES = 3


def keep_split(run: Path, dataset: Dataset, parts: Mapping[str, Part], *, header: Path) -> None:
    """Write ``splits.csv`` and ``splits.json`` into a run folder.

    Args:
        run: The run folder.
        dataset: The dataset of the run.
        parts: Clip to part.
        header: The JSON header of the table of parts.
    """
    clips = clip_identities(dataset)
    clips.insert(1, "part", clips["clip"].map(parts))
    write_table(run / KEPT_SPLIT, clips)
    write_json((run / KEPT_SPLIT).with_suffix(".json"), read_json(header))


def read_kept_split(run: Path, dataset: Dataset) -> dict[str, Part]:
    """Return clip to part as in the training of a run.

    The run folder of an older version has no split. The split of the dataset is returned then, if it is the
    same.

    Raises:
        DatasetError: the dataset no longer fits the run; the message names what differs.
    """
    path = run / KEPT_SPLIT
    if not path.is_file():
        return _same_split(run, dataset)
    differences = list(_differences(_read_identities(path), clip_identities(dataset)))
    if differences:
        raise DatasetError(
            f"{dataset.root} has changed since {run} was trained on it: {'; '.join(differences)}. "
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
    return pd.read_csv(path, dtype=str, keep_default_na=False)


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


def _same_split(run: Path, dataset: Dataset) -> dict[str, Part]:
    parts = read_splits(dataset)
    kept = read_json(run / "config.json").get("dataset", {}).get("split_hash")
    if kept != parts_hash(parts):
        raise DatasetError(
            f"{run} keeps no split, and the one of {dataset.root} is not the one that it was trained on "
            f"({parts_hash(parts)}, the run has {kept or 'none'}). Train the run again"
        )
    return parts
