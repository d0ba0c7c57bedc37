"""FERV39k: clips of 22 kinds of scenes in seven emotions, published as face crops, with an official split.

Wang, Sun, Huang, Liu, Gao, Zhang, Ge & Zhang 2022, CVPR. Nobody is named: each clip is its own subject.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing
from ferfusion.corpora.official_split import TableLayout, list_official_split

TABLE = re.compile(r"(?:.*/)?All_scenes/(train|test)_All\.csv", re.I)


def list_ferv39k(root: Path) -> CorpusListing:
    """List the clips of FERV39k with the split over all scenes.

    Raises:
        CorpusError: ``root`` is no folder, or has no clip or no table of the split.
    """
    layout = TableLayout(
        table=TABLE,
        clip=re.compile(r"(?:.*/)?2_ClipsforFaceCrop/([^/]+/[^/]+/[^/]+)", re.I),
        read_line=_read_line,
        expected="2_ClipsforFaceCrop/Action/Happy/0267/*.jpg with 4_setups/All_scenes/train_All.csv",
    )
    return list_official_split("ferv39k", root, layout)


def _read_line(line: str) -> tuple[str, str]:
    """Return the clip and its emotion.

    >>> _read_line("Action/Happy/0267 Happy")
    ('Action/Happy/0267', 'Happy')
    """
    clip, _, emotion = line.rpartition(" ")
    return clip.strip(), emotion
