"""MMI: people show single facial actions and six emotions, filmed from the front, the side or both.

Pantic, Valstar, Rademaker & Maat 2005, IEEE International Conference on Multimedia and Expo.
"""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry, safe_id
from ferfusion.corpora.walk import Found, find_videos, make_listing
from ferfusion.errors import CorpusError, in_one_line
from ferfusion.label_set import SIX

PLACE = re.compile(r"(?:.*/)?(Sessions/\d+/[^/]+|\d+/S\d{3}-\d{3})\.(avi|mp4|mpe?g|mov)", re.I)


def list_mmi(root: Path) -> CorpusListing:
    """List the videos of MMI that show one of the six emotions.

    The emotion is in ``<stem>.xml`` beside the video; the subject and the view are in ``session.xml``. Frames
    of view 0 without a facial action coding are rotated by 90 degrees. In view 2 each frame shows the face
    twice, from the front and from the side.

    Raises:
        CorpusError: ``root`` is no folder, or has no MMI video with an emotion.
    """
    videos, others = find_videos(root)
    rows: list[VideoEntry | LeftOut] = []
    for video in videos:
        try:
            rows.append(_row(video))
        except CorpusError as error:
            rows.append(video.left_out(str(error)))
    # session.xml is of a whole folder and needs no video of its own
    codings = [
        path for path in others if path.name.lower().endswith(".xml") and path.stem.lower() != "session"
    ]
    stems = {_key(video.path) for video in videos}
    rows += [
        Found(path, root).left_out("a coding without a video") for path in codings if _key(path) not in stems
    ]
    others = [path for path in others if path.suffix.lower() != ".xml"]
    return make_listing("mmi", root, rows, others, expected="Sessions/1/S001-001.avi with S001-001.xml")


def _key(path: Path) -> str:
    """Return the key that a video and its codings share."""
    return str(path.with_suffix("")).lower().removesuffix("-oao_aucs")


def _row(video: Found) -> VideoEntry:
    beside = {path.name.lower(): path for path in video.path.parent.iterdir()}
    stem = video.path.stem
    emotion = _emotion(beside.get(f"{stem.lower()}.xml"), stem)
    subject, view = _session(beside.get("session.xml"))
    named = re.match(r"S\d+(?=-)", stem, re.I)
    note = []
    if view not in ("0", "2"):
        raise CorpusError(
            f"the view is {view or 'not known'}; only views 0 (front) and 2 (front and side) are used"
        )
    if view == "2":
        note.append("front and side view in one image")
    if subject and named and subject != named[0].upper():
        note.append(f"the file is named {stem}; the subject of session.xml is taken")
    is_rotated = view == "0" and f"{stem.lower()}-oao_aucs.xml" not in beside
    return VideoEntry(
        video.path,
        safe_id(f"{video.path.parent.name}/{stem}"),
        subject or (named[0].upper() if named else stem),
        emotion,
        note="; ".join(note),
        rotation_degrees=90 if is_rotated else 0,
    )


def _emotion(path: Path | None, stem: str) -> str:
    """Return the emotion of a video.

    Raises:
        CorpusError: it has none, or none of the six; the message is the reason to leave it out.
    """
    if path is None:
        raise CorpusError(f"no {stem}.xml beside it")
    values = [tag.get("Value", "") for tag in _parse(path).iter("Metatag") if tag.get("Name") == "Emotion"]
    if not values:
        raise CorpusError(f"no emotion in {path.name}")
    if values[0] not in ("1", "2", "3", "4", "5", "6"):
        raise CorpusError(f"emotion code {values[0]} in {path.name} is none of the six emotions")
    return SIX.names[int(values[0]) - 1]


def _session(path: Path | None) -> tuple[str, str]:
    """Return (subject, view) of a session; the subject is empty where it is unknown."""
    if path is None:
        raise CorpusError("no session.xml beside it")
    session = _parse(path)
    subject, track = session.find(".//subject"), session.find(".//track")
    number = subject.get("id", "") if subject is not None else ""
    return (
        f"S{int(number):03d}" if re.fullmatch("[0-9]{1,9}", number) else number,
        track.get("view", "") if track is not None else "",
    )


def _parse(path: Path) -> ET.Element:
    try:
        return ET.parse(path).getroot()
    except (ET.ParseError, OSError, ValueError, LookupError) as error:  # the last two: an unknown encoding
        raise CorpusError(f"{path.name} cannot be read: {in_one_line(error)}") from error
