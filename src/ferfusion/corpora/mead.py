"""MEAD: 60 actors speak in eight emotions at three levels, filmed from seven sides at once.

Wang, Wu, Song, Yang, Wu, Qian, He, Qiao & Loy 2020, ECCV.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.errors import CorpusError
from ferfusion.label_set import canonical_emotion

PLACE = re.compile(r"(?:.*/)?([MW]\d{3})/video/(\w+)/(\w+)/level_(\d)/(\w+)\.\w+", re.I)
VIEWS = ("front", "down", "top", "left_30", "left_60", "right_30", "right_60")
EMOTIONS = frozenset("Anger Contempt Disgust Fear Happiness Neutral Sadness Surprise".split())


def list_mead(root: Path, *, view: str = "front") -> CorpusListing:
    """List one view of MEAD; the others show the same takes from other sides.

    Raises:
        CorpusError: ``root`` is no folder, has no video of the view, or there is no such view.
    """
    if view not in VIEWS:
        raise CorpusError(f"MEAD has no view {view!r}; choose one of {', '.join(VIEWS)}")
    videos, others = find_videos(root)
    rows = [_row(video, view) for video in videos]
    return make_listing("mead", root, rows, others, expected=f"M003/video/{view}/angry/level_1/001.mp4")


def _row(video: Found, wanted: str) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None:
        return video.left_out("not at <actor>/video/<view>/<emotion>/level_<n>/<video>")
    actor, view, emotion = match[1].upper(), match[2].lower(), canonical_emotion(match[3])
    if view != wanted:
        return video.left_out(f"the view {view}; {wanted} is used")
    if emotion not in EMOTIONS:
        return video.left_out(f"the folder {match[3]} is none of the eight emotions")
    return VideoEntry(video.path, f"{actor}-{emotion.lower()}-{match[4]}-{match[5]}", actor, emotion)
