"""The identity of a dataset: what its clips are, and how one that has changed since differs.

A dataset can be prepared again with corrected labels, further people or other clips. Whatever was made from
it before keeps its identity, so that old and new results are never mixed.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from ferfusion.errors import RunError
from ferfusion.files import read_json, write_json
from ferfusion.preparation.clip_identities import IDENTITY_COLUMNS, fingerprint
from ferfusion.preparation.dataset import Dataset
from ferfusion.reporting.words import examples
from ferfusion.tables import read_table


def dataset_identity(dataset: Dataset) -> str:
    """Return 16 hexadecimal digits that change with the clips, labels, subjects or recipe of a dataset."""
    clips = dataset.clips.sort_values("clip")
    lines = [dataset.recipe.hash, ",".join(dataset.labels.names), *clips.agg("\t".join, axis=1)]
    return fingerprint("\n".join(lines))


def record_identity(dataset: Dataset) -> None:
    """Write the identity of a complete dataset into its ``dataset.json``."""
    header = read_json(dataset.header_file)
    identity = dataset_identity(dataset)
    if header.get("identity") != identity:
        write_json(dataset.header_file, header | {"identity": identity})


def read_clip_identities(path: Path, *, further: Sequence[str] = ()) -> pd.DataFrame:
    """Read the identities of clips from a table that a run or a study keeps.

    Args:
        path: The table.
        further: Columns that it must also have.

    Raises:
        RunError: it is damaged, or another version wrote it.
    """
    return read_table(
        path,
        columns=(*IDENTITY_COLUMNS, *further),
        error=RunError,
        advice="train a new run, in a new folder",
    )


def identity_differences(kept: pd.DataFrame, today: pd.DataFrame) -> list[str]:
    """Return a phrase for each kind of difference between the clips of a dataset then and now."""
    return list(_differences(kept, today))


def _differences(kept: pd.DataFrame, today: pd.DataFrame) -> Iterator[str]:
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
    known = (before["content"] != "") & (after["content"] != "")
    replaced = known & (before["rows"] == after["rows"]) & (before["content"] != after["content"])
    yield from _phrase("clips of another content", list(both[replaced]))


def _phrase(words: str, found: Sequence[str]) -> Iterator[str]:
    """Yield the number of examples and the first of them; nothing if there are none.

    >>> list(_phrase("clips that are gone", ["a", "b", "c", "d"]))
    ['clips that are gone: 4 (a, b, c, …)']
    """
    if found:
        yield f"{words}: {len(found)} ({examples(found)})"
