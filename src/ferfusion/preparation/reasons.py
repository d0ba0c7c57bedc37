"""Why rows of a corpus are not used, counted by reason."""

import re

import pandas as pd

_WITH_A_NAME = re.compile(
    r"(a copy of|the same file as|the same take as|the same picture as|a second row of)\b.*"
)
_PARTICULAR = re.compile(
    r"(?<=Cannot open ).*(?= as a video)|^[^/\\:]+\.\w+(?=: )|'[^']*'|\S*[/\\]\S*|\d+(?:[.,]\d+)*"
)


def count_reasons(videos: pd.DataFrame) -> pd.DataFrame:
    """Return a row per reason why rows of ``videos.csv`` are not used, the most frequent first.

    Reasons that differ only by names and numbers count as one: the first of them is shown.

    Args:
        videos: The table.

    Returns:
        ``rows, status, reason, example``: the number of rows, and the path of the first.
    """
    unused = videos[videos["status"] != "ok"]
    kinds = unused["reason"].map(_kind)
    counts = [
        {
            "rows": len(rows),
            "status": rows["status"].iloc[0],
            "reason": rows["reason"].iloc[0] if rows["reason"].nunique() == 1 else kind,
            "example": rows["path"].iloc[0],
        }
        for (_, kind), rows in unused.groupby([unused["status"], kinds], sort=False)
    ]
    table = pd.DataFrame(counts, columns=["rows", "status", "reason", "example"])
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def _kind(reason: str) -> str:
    """Return a reason without the names and numbers of one file.

    >>> _kind("there is no file /a/b.mp4; the folder /a has no b.mp4"), _kind("a copy of x-1, Anger")
    ('there is no file …', 'a copy of …')
    >>> _kind("'hapy' in line 7: did you mean Happiness?"), _kind("no face in any of 30 frames")
    ('… in line …: did you mean Happiness?', 'no face in any of … frames')
    """
    head = _WITH_A_NAME.sub(r"\1 …", reason).partition(";")[0]
    return _PARTICULAR.sub("…", head)
