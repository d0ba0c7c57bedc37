"""SAVEE: four men speak English sentences in seven emotions.

Haq & Jackson 2009, International Conference on Auditory-Visual Speech Processing.
"""

import re
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, make_listing

# sa and su stand before a and s; a name may repeat the speaker (DC_a01)
PLACE = re.compile(r"(?:.*/)?(DC|JE|JK|KL)/(?:\1_)?(sa|su|a|d|f|h|n)(\d+)\.\w+", re.I)

EMOTIONS = MappingProxyType(
    {
        "a": "Anger",
        "d": "Disgust",
        "f": "Fear",
        "h": "Happiness",
        "n": "Neutral",
        "sa": "Sadness",
        "su": "Surprise",
    }
)


def list_savee(root: Path) -> CorpusListing:
    """List SAVEE: the subject is the folder, the emotion the letters that begin the file's name.

    Raises:
        CorpusError: ``root`` is no folder, or has no SAVEE video.
    """
    videos, others = find_videos(root)
    rows = map(_row, videos)
    return make_listing("savee", root, rows, others, expected="AudioVisualClip/DC/a1.avi")


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None:
        return video.left_out("not named like DC/a1, JE/sa1 or KL/su1")
    subject, letters, number = match[1].upper(), match[2].lower(), int(match[3])
    return VideoEntry(video.path, f"{subject}-{letters}{number:02d}", subject, EMOTIONS[letters])
