"""A folder of folders: ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>, or photographs so."""

from pathlib import Path

from ferfusion.corpora.entries import PART_NAMES, CorpusListing, LeftOut, VideoEntry, unique_ids
from ferfusion.corpora.walk import find_photographs, find_videos, make_listing
from ferfusion.labels import SEVEN, canonical_emotion

_EXPECTED = "ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>"


def list_folder(root: Path) -> CorpusListing:
    """List a corpus whose labels are the names of its folders; without a video in it, its photographs.

    The folder that holds the videos is the emotion and the one above it the subject; the two may also stand
    the other way round, where only the outer one has an emotion's name. Without subject folders each video
    counts as a subject of its own, and so it does where the outer folder is named train, validation or test:
    these are then the official parts.

    Raises:
        CorpusError: ``root`` is no folder, or has no labelled video or photograph.
    """
    videos, others = find_videos(root)
    wanted, expected = "a video file", _EXPECTED
    if not videos and (photographs := find_photographs(root))[0]:
        videos, others = photographs
        wanted, expected = "a photograph", _EXPECTED.replace("video", "photograph")
    ids = unique_ids(video.place for video in videos)
    rows: list[VideoEntry | LeftOut] = []
    for video, video_id in zip(videos, ids, strict=True):
        placed = _place(video.path.relative_to(root).parts)
        if placed is None:
            rows.append(video.left_out(f"not at {expected}"))
            continue
        outer, emotion = placed
        part = PART_NAMES.get(outer.lower())
        subject = video_id if part or not outer else outer
        rows.append(VideoEntry(video.path, video_id, subject, canonical_emotion(emotion), part=part))
    return make_listing("folder", root, rows, others, expected=expected, wanted=wanted)


def _place(parts: tuple[str, ...]) -> tuple[str, str] | None:
    """Return (subject, emotion) of a video by the folders it is in; the subject is empty where unknown.

    >>> _place(("s1", "joy", "a.mp4")), _place(("Happy", "a.mp4")), _place(("joy", "s1", "a.mp4"))
    (('s1', 'joy'), ('', 'Happy'), ('s1', 'joy'))
    """
    match parts:
        case (emotion, _):
            return "", emotion
        case (outer, inner, _):
            turned = canonical_emotion(outer) in SEVEN and canonical_emotion(inner) not in SEVEN
            return (inner, outer) if turned else (outer, inner)
    return None
