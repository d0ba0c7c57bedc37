"""AFEW: short film clips labelled with seven emotions, with an official split (the corpus of EmotiW).

Dhall, Goecke, Lucey & Gedeon 2012, IEEE MultiMedia 19(3). The subjects are unknown, so each
video is its own subject.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import PART_NAMES, CorpusListing, LeftOut, VideoEntry, safe_id
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.label_set import SEVEN, canonical_emotion

PLACE = re.compile(r"(?:.*/)?(train|val|test)_AFEW/(?:[^/]+/)*([^/]+)/([^/]+)\.\w+", re.I)
_TEST = re.compile(r"(?:.*/)?test_[^/]*/.+", re.I)


def list_afew(root: Path) -> CorpusListing:
    """List AFEW with its split; the test part is published without labels.

    Raises:
        CorpusError: ``root`` is no folder, or has no labelled AFEW video.
    """
    videos, others = find_videos(root)
    rows = map(_row, videos)
    return make_listing("afew", root, rows, others, expected="Train_AFEW/Angry/000046280.avi")


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    emotion = canonical_emotion(match[2]) if match else ""
    if _TEST.fullmatch(video.place) and emotion not in SEVEN:
        return video.left_out("of the test part, which has no labels")
    if match is None:
        return video.left_out("not at Train_AFEW/<emotion>/<video> or Val_AFEW/<emotion>/<video>")
    if emotion not in SEVEN:
        return video.left_out(f"the folder {match[2]} is none of the seven emotions")
    part = PART_NAMES[match[1].lower()]
    video_id = safe_id(f"{part}/{match[3]}")
    return VideoEntry(video.path, video_id, video_id, emotion, part=part)
