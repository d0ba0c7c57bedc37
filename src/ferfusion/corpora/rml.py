"""RML: eight people act six emotions in six languages.

Wang & Guan 2008, IEEE Transactions on Multimedia 10(5).
"""

import re
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry, safe_id
from ferfusion.corpora.walk import Found, find_videos, make_listing

PLACE = re.compile(r"(?:.*/)?(s\d+)/((?:[^/]+/)?(an|di|fe|ha|sa|su)[^/]*)\.\w+", re.I)

EMOTIONS = MappingProxyType(
    {"an": "Anger", "di": "Disgust", "fe": "Fear", "ha": "Happiness", "sa": "Sadness", "su": "Surprise"}
)


def list_rml(root: Path) -> CorpusListing:
    """List RML: the subject is the folder s1 to s8, the emotion the first two letters of the file's name.

    Raises:
        CorpusError: ``root`` is no folder, or has no RML video.
    """
    videos, others = find_videos(root)
    rows = map(_row, videos)
    return make_listing("rml", root, rows, others, expected="rml-1/s1/an1.avi (or s1/<language>/an1.avi)")


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None:
        return video.left_out(
            "not at s<number>/<video> with a name that begins with an, di, fe, ha, sa or su"
        )
    subject = match[1].lower()
    return VideoEntry(video.path, safe_id(f"{subject}/{match[2]}"), subject, EMOTIONS[match[3].lower()])
