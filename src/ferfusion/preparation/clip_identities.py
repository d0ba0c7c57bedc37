"""A fingerprint of every clip of a dataset: of its rows and of its file."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

IDENTITY_COLUMNS = ("clip", "subject", "emotion", "rows", "content")
_ROW = ("pair", "code", "emotion", "subject", "video")
_DIGITS = 16


def identities_of_clips(pairs: pd.DataFrame, contents: Mapping[str, str]) -> pd.DataFrame:
    """Return a row per clip: ``clip, subject, emotion, rows, content``.

    ``rows`` is a fingerprint of the clip's rows of ``data.csv``, ``content`` one of its file. Where the rows
    of a clip differ in subject or emotion, as in a pack of still images, that column is empty.

    Args:
        pairs: ``data.csv``.
        contents: SHA-256 of the file of each clip, where it is known.
    """
    rows_of: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for clip, *row in pairs[["clip", *_ROW]].itertuples(index=False, name=None):
        rows_of[clip].append(tuple(row))
    emotion, subject = _ROW.index("emotion"), _ROW.index("subject")
    identities = [
        {
            "clip": clip,
            "subject": _only({str(row[subject]) for row in rows}),
            "emotion": _only({str(row[emotion]) for row in rows}),
            "rows": fingerprint("\n".join(",".join(map(str, row)) for row in rows)),
            "content": contents.get(clip, "")[:_DIGITS],
        }
        for clip, rows in rows_of.items()
    ]
    return pd.DataFrame(identities, columns=list(IDENTITY_COLUMNS))


def fingerprint(text: str) -> str:
    """Return 16 hexadecimal digits that change with a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def _only(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else ""
