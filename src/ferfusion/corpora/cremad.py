"""CREMA-D: 91 actors speak twelve sentences in five emotions (no surprise) and neutrally.

Cao, Cooper, Keutmann, Gur, Nenkova & Verma 2014, IEEE Transactions on Affective Computing 5(4). Licence:
ODbL 1.0. The label is the emotion that the actor was asked for, as in the file's name. The raters' votes in
``processedResults/summaryTable.csv`` are not read: they have ties (``N:S``), and to use them would leave out
the takes on which raters disagree, which are the hard ones.
"""

import re
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.labels import canonical_emotion

# actor _ sentence _ emotion _ level; one file of the corpus, 1040_ITH_SAD_X, lacks the last letter
PLACE = re.compile(r"(?:.*/)?(1\d{3})_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)\.\w+", re.I)

BAD_FILES = MappingProxyType(
    {
        "1076_MTI_NEU_XX": "known as a bad file of the corpus",
        "1076_MTI_SAD_XX": "known as a bad file of the corpus",
        "1064_TIE_SAD_XX": "known as a bad file of the corpus",
        "1064_IEO_DIS_MD": "a minute long, with all emotions in it",
    }
)


def list_cremad(root: Path) -> CorpusListing:
    """List CREMA-D by the names of its videos; subjects are the actors.

    Raises:
        CorpusError: ``root`` is no folder, or has no CREMA-D video.
    """
    videos, others = find_videos(root)
    rows = map(_row, videos)
    return make_listing("cremad", root, rows, others, expected="a video named like 1001_IEO_NEU_XX.flv")


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None:
        return video.left_out("not named like 1001_IEO_NEU_XX")
    take = video.path.stem.upper()
    if take in BAD_FILES:
        return video.left_out(BAD_FILES[take])
    return VideoEntry(video.path, take, match[1], canonical_emotion(match[3]))
