"""A folder of folders: ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>."""

from pathlib import Path

from ferfusion.corpora.entries import (
    VIDEO_SUFFIXES,
    CorpusListing,
    LeftOut,
    VideoEntry,
    list_files,
    unique_ids,
)
from ferfusion.errors import CorpusError
from ferfusion.labels import SEVEN, canonical_emotion


def list_folder(root: Path) -> CorpusListing:
    """List a corpus whose labels are the names of its folders.

    The folder that holds the videos is the emotion and the one above it the subject; the two may also stand
    the other way round, where only the outer one has an emotion's name. Without subject folders each video
    counts as a subject of its own.

    Raises:
        CorpusError: ``root`` is no folder, or has no labelled video.
    """
    entries, left_out = [], []
    for path in list_files(root):
        placed = _place(path.relative_to(root).parts)
        if path.suffix.lower() not in VIDEO_SUFFIXES:
            left_out.append(LeftOut(path.relative_to(root).as_posix(), "not a video file"))
        elif placed is None:
            left_out.append(
                LeftOut(
                    path.relative_to(root).as_posix(),
                    "not at ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>",
                )
            )
        else:
            entries.append((path, *placed))
    if not entries:
        raise CorpusError(
            f"No labelled video under {root}; videos are expected at ROOT/<emotion>/<video> "
            "or ROOT/<subject>/<emotion>/<video>"
        )
    ids = unique_ids(path.relative_to(root).as_posix() for path, _, _ in entries)
    rows = (
        VideoEntry(path, video_id, subject or video_id, canonical_emotion(emotion))
        for video_id, (path, subject, emotion) in zip(ids, entries, strict=True)
    )
    return CorpusListing("folder", tuple(rows), tuple(left_out))


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
