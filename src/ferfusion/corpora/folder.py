"""A folder of folders: ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>, or photographs so."""

from pathlib import Path

from ferfusion.corpora.entries import PART_NAMES, CorpusListing, LeftOut, VideoEntry, unique_ids
from ferfusion.corpora.path_pattern import PathPattern
from ferfusion.corpora.walk import Found, find_photographs, find_videos, make_listing
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.label_set import SEVEN, emotion_of_word

_EXPECTED = "ROOT/<emotion>/<video> or ROOT/<subject>/<emotion>/<video>"


def list_folder(root: Path, *, pattern: PathPattern | None = None) -> CorpusListing:
    """List a corpus whose labels are the names of its folders; without a video in it, its photographs.

    The folder that holds the videos is the emotion and the one above it the subject; the two may also stand
    the other way round, where only the outer one has an emotion's name. Without subject folders each video
    counts as a subject of its own, and so it does where the outer folder is named train, validation or test:
    these are then the official parts.

    Args:
        root: The folder.
        pattern: Where the label, and the subject, stand in the paths instead.

    Raises:
        ConfigError: the pattern has no field for the label.
        CorpusError: ``root`` is no folder, or has no labelled video or photograph.
    """
    if pattern and "label" not in pattern.fields:
        raise ConfigError(f"Without a table, the pattern needs the field {{label}}, got {pattern.text!r}")
    videos, others = find_videos(root)
    wanted, expected = "a video file", pattern.text if pattern else _EXPECTED
    if not videos and (photographs := find_photographs(root))[0]:
        videos, others = photographs
        wanted, expected = "a photograph", expected.replace("<video>", "<photograph>")
    ids = unique_ids(video.place for video in videos)
    rows: list[VideoEntry | LeftOut] = []
    for video, video_id in zip(videos, ids, strict=True):
        if pattern:
            rows.append(_by_pattern(video, video_id, pattern))
            continue
        placed = _place(video.path.relative_to(root).parts)
        if placed is None:
            rows.append(video.left_out(f"not at {expected}"))
            continue
        outer, emotion = placed
        part = PART_NAMES.get(outer.lower())
        subject = video_id if part or not outer else outer
        named = emotion_of_word(emotion)
        rows.append(VideoEntry(video.path, video_id, subject, named, part=part, word=emotion))
    return make_listing("folder", root, rows, others, expected=expected, wanted=wanted)


def _by_pattern(video: Found, video_id: str, pattern: PathPattern) -> VideoEntry | LeftOut:
    try:
        fields = pattern.read(video.place)
    except CorpusError as error:
        return video.left_out(str(error))
    word, subject = fields.pop("label"), fields.pop("subject", video_id)
    emotion = emotion_of_word(word)
    return VideoEntry(video.path, video_id, subject, emotion, word=word, further=tuple(fields.items()))


def _place(parts: tuple[str, ...]) -> tuple[str, str] | None:
    """Return (subject, emotion) of a video by the folders it is in; the subject is empty where unknown.

    >>> _place(("s1", "joy", "a.mp4")), _place(("Happy", "a.mp4")), _place(("joy", "s1", "a.mp4"))
    (('s1', 'joy'), ('', 'Happy'), ('s1', 'joy'))
    """
    match parts:
        case (emotion, _):
            return "", emotion
        case (outer, inner, _):
            turned = emotion_of_word(outer) in SEVEN and emotion_of_word(inner) not in SEVEN
            return (inner, outer) if turned else (outer, inner)
    return None
