"""Why rows of a corpus are not used, counted by reason."""

import re

import pandas as pd

from ferfusion.reporting.words import examples

_WITH_A_NAME = re.compile(
    r"(a copy of|the same file as|the same take as|the same picture as|a second row of)\b.*"
)
_CONTRADICTION = re.compile(r"(lines .* give this video|.* are one file, with) (two|\d+) (labels|people): .*")
_PARTICULAR = re.compile(
    r"(?<=Cannot open ).*(?= as a video)|^[^/\\:]+\.\w+(?=: )|'[^']*'|\S*[/\\]\S*|\d+(?:[.,]\d+)*"
)


def count_reasons(videos: pd.DataFrame) -> pd.DataFrame:
    """Return a row per reason why rows of ``videos.csv`` are not used, the most frequent first.

    Reasons that differ only by names and numbers count as one, and are shown without these. Rows that
    contradict each other are shown with the first of the labels or people that they give, since a user has
    to decide between them.

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
            "reason": _shown(rows["reason"], str(kind)),
            "example": rows["path"].iloc[0],
        }
        for (_, kind), rows in unused.groupby([unused["status"], kinds], sort=False)
    ]
    table = pd.DataFrame(counts, columns=["rows", "status", "reason", "example"])
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def _shown(reasons: "pd.Series[str]", kind: str) -> str:
    different = list(reasons.unique())
    if len(different) == 1:
        return str(different[0])
    return examples(different, between="; ") if _CONTRADICTION.fullmatch(different[0]) else kind


def _kind(reason: str) -> str:
    """Return a reason without the names and numbers of one file.

    >>> _kind("there is no file /a/b.mp4; the folder /a has no b.mp4"), _kind("a copy of x-1, Anger")
    ('there is no file …', 'a copy of …')
    >>> _kind("'hapy' in line 7: did you mean Happiness?"), _kind("no face in any of 30 frames")
    ('… in line …: did you mean Happiness?', 'no face in any of … frames')
    """
    reason = _CONTRADICTION.sub(r"a video with several \3", reason)
    head = _WITH_A_NAME.sub(r"\1 …", reason).partition(";")[0]
    return _PARTICULAR.sub("…", head)
