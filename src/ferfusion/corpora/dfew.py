"""DFEW: clips of films in seven emotions, published as extracted frames, with five official folds.

Jiang, Zong, Zheng, Tang, Xia, Lu & Liu 2020, ACM Multimedia. Nobody is named: each clip is its own subject.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing
from ferfusion.corpora.official_split import TableLayout, list_official_split
from ferfusion.errors import CorpusError

EMOTIONS = dict(zip("1234567", "happy sad neutral angry surprise disgust fear".split(), strict=True))
FOLDS = (1, 2, 3, 4, 5)


def list_dfew(root: Path, *, fold: int = 1) -> CorpusListing:
    """List the single-labelled clips of DFEW with the split of one fold.

    Where a clip exists in several forms, ``jpg_256`` is preferred: it has all frames of the clip.

    Raises:
        CorpusError: ``root`` is no folder, has no clip or no table of the fold, or there is no such fold.
    """
    if fold not in FOLDS:
        raise CorpusError(f"DFEW has the folds 1 to 5, not {fold}")
    layout = TableLayout(
        table=table_place(fold),
        clip=re.compile(r"(?:.*/)?(\d{5})"),
        read_line=_read_line,
        best="jpg_256",
        expected=f"Clip/jpg_256/00001/*.jpg with EmoLabel_DataSplit/train(single-labeled)/set_{fold}.csv",
    )
    return list_official_split("dfew" if fold == 1 else f"dfew{fold}", root, layout)


def table_place(fold: int) -> re.Pattern[str]:
    """Return the place of the tables of a fold: ``EmoLabel_DataSplit/train(single-labeled)/set_1.csv``."""
    folder = r"(?:.*/)?(train|test)(?![^/]*multi)[^/]*"
    return re.compile(rf"{folder}/(?:train_|test_)?set_{fold}\.csv", re.I)


def _read_line(line: str) -> tuple[str, str] | None:
    """Return the clip, whose folder's name has five digits, and its emotion.

    >>> _read_line("267,1"), _read_line("267;1"), _read_line("video_name,label")
    (('00267', 'happy'), ('00267', 'happy'), None)
    """
    name, code, *_ = (cell.strip() for cell in (*re.split("[,;\t]", line), ""))  # spreadsheets differ
    return (name.zfill(5), EMOTIONS.get(code, code)) if name.isdigit() else None
