"""eNTERFACE'05: people of 14 nations act five sentences in each of six emotions.

Martin, Kotsia, Macq & Pitas 2006, ICDE Workshops. The folders are right where file names are not: the files
of subject 11 are named s12, and some names lack an underscore or a dot.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.label_set import SIX, canonical_emotion

PLACE = re.compile(r"(?:.*/)?subject[ _]?(\d+)/(\w+)/sentence[ _]?(\d+)/[^/]+\.\w+", re.I)
_UNCUT = re.compile(r"(?:.*/)?subject[ _]?\d+/\w+/[^/]+\.\w+", re.I)
_NAME = re.compile(r"s_?(\d+)_(an|di|fe|ha|sa|su)_?(\d).*", re.I)


def list_enterface(root: Path) -> CorpusListing:
    """List eNTERFACE'05; subject, emotion and sentence come from the folders.

    Subject 6 has one long recording for each emotion, pauses included, and is left out.

    Raises:
        CorpusError: ``root`` is no folder, or has no eNTERFACE video.
    """
    videos, others = find_videos(root)
    rows = map(_row, videos)
    return make_listing("enterface", root, rows, others, expected="subject 1/anger/sentence 1/s1_an_1.avi")


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None and _UNCUT.fullmatch(video.place):
        return video.left_out("not in a sentence folder: a long recording that was not cut into sentences")
    if match is None:
        return video.left_out("not at subject N/<emotion>/sentence K/<video>")
    number, sentence = int(match[1]), int(match[3])
    emotion = canonical_emotion(match[2])
    if emotion not in SIX:
        return video.left_out(f"the folder {match[2]} is none of the six emotions")
    return VideoEntry(
        video.path,
        f"subject{number:02d}-{emotion.lower()}-{sentence}",
        f"subject{number:02d}",
        emotion,
        note=_name_note(video, number, emotion, sentence),
    )


def _name_note(video: Found, number: int, emotion: str, sentence: int) -> str:
    """Return a note where the file's name says something else than its folders."""
    match = _NAME.fullmatch(video.path.stem)
    if match is None:
        return "the file's name cannot be read; the folders are taken"
    named = (int(match[1]), match[2].lower(), int(match[3]))
    if named == (number, emotion[:2].lower(), sentence):
        return ""
    return f"the file is named {video.path.stem}; the folders are taken"
