"""RAVDESS: 24 actors speak (and 23 sing) two sentences in eight emotions.

Livingstone & Russo 2018, PLoS ONE 13(5), e0196391. Licence: CC BY-NC-SA 4.0.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.label_set import canonical_emotion

# modality - channel - emotion - intensity - statement - repetition - actor
PLACE = re.compile(r"(?:.*/)?(0[1-3])-((?:\d\d-){5}(\d\d))\.\w+")
EMOTIONS = "neutral calm happy sad angry fearful disgust surprised".split()


def list_ravdess(root: Path) -> CorpusListing:
    """List RAVDESS: speech and song, each take once.

    A take is published with sound (its name begins with 01) and without (02); the frames are the same, and
    the one with sound is preferred. The video id is the name without this first number.

    Raises:
        CorpusError: ``root`` is no folder, or has no RAVDESS video.
    """
    videos, others = find_videos(root)
    videos.sort(key=lambda video: video.path.name)  # 01 before 02, wherever the two lie
    rows = map(_row, videos)
    return make_listing("ravdess", root, rows, others, expected="a video named like 01-01-03-01-01-01-01.mp4")


def _row(video: Found) -> VideoEntry | LeftOut:
    match = PLACE.fullmatch(video.place)
    if match is None:
        return video.left_out("not named like 01-01-03-01-01-01-01")
    modality, take, actor = match.groups()
    emotion = int(take.split("-")[1])
    if modality == "03":
        return video.left_out("sound without video (the name begins with 03)")
    if not 1 <= emotion <= len(EMOTIONS):
        return video.left_out(f"emotion code {emotion:02d} is none of 01 to 08")
    return VideoEntry(
        video.path,
        take,
        f"Actor_{actor}",
        canonical_emotion(EMOTIONS[emotion - 1]),
        note=_folder_note(video, actor),
    )


def _folder_note(video: Found, actor: str) -> str:
    folders = [name for name in video.folders if re.fullmatch(r"actor_\d\d", name)]
    if not folders or folders[-1] == f"actor_{actor}":
        return ""
    return f"lies in {video.path.parent.name}; the actor in the file's name is taken"
