"""CK+: image sequences from neutral to the apex of a posed expression, 123 people.

Lucey, Cohn, Kanade, Saragih, Ambadar & Matthews 2010, CVPR Workshops.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_image_folders, make_listing
from ferfusion.errors import CorpusError
from ferfusion.label_set import canonical_emotion
from ferfusion.video.suffixes import IMAGE_SUFFIXES

EMOTIONS = "neutral anger contempt disgust fear happy sadness surprise".split()
PLACE = re.compile(r"(?:.*/)?S\d{3}/\d{3}/S\d{3}_\d{3}_\d{8}(\.(png|tiff?)|_emotion\.txt)", re.I)
_SEQUENCE = re.compile(r"(?:.*/)?(S\d{3})/(\d{3})", re.I)
_LABEL = re.compile(r"((S\d{3}_\d{3})_\d{8})_emotion\.txt", re.I)
_FRAMES_PER_SECOND = 30.0  # NTSC


def list_ckplus(root: Path) -> CorpusListing:
    """List the labelled sequences of CK+; the first image is neutral and the last is the apex.

    Raises:
        CorpusError: ``root`` is no folder, or has no labelled sequence.
    """
    folders, files = find_image_folders(root)
    labels: dict[str, Path] = {}
    rows: list[VideoEntry | LeftOut] = []
    for path in files:
        match = _LABEL.fullmatch(path.name)
        if match and match[2].upper() in labels:
            rows.append(Found(path, root).left_out(f"a second label of {match[2].upper()}"))
        elif match:
            labels[match[2].upper()] = path
    rows += [_row(folder, labels) for folder in folders]
    with_images = {sequence for folder in folders if (sequence := _sequence(folder))}
    rows += [
        Found(path, root).left_out("a label without images")
        for sequence, path in labels.items()
        if sequence not in with_images
    ]
    others = [path for path in files if not _LABEL.fullmatch(path.name)]
    expected = "cohn-kanade-images/S005/001 with Emotion/S005/001/S005_001_00000011_emotion.txt"
    return make_listing("ckplus", root, rows, others, expected=expected, wanted="an image or a label")


def _sequence(folder: Found) -> str:
    """Return the name of the sequence (S005_001) that a folder holds, or nothing."""
    match = _SEQUENCE.fullmatch(folder.place)
    return f"{match[1]}_{match[2]}".upper() if match else ""


def _row(folder: Found, labels: dict[str, Path]) -> VideoEntry | LeftOut:
    sequence = _sequence(folder)
    if not sequence:
        return folder.left_out("not a sequence folder like S005/001")
    if sequence not in labels:
        return folder.left_out("no emotion label")
    label = labels[sequence]
    code = _code(label)
    if code is None:
        return folder.left_out(f"{label.name} holds no code from 0 to 7")
    return VideoEntry(
        folder.path,
        sequence,
        sequence.partition("_")[0],
        canonical_emotion(EMOTIONS[code]),
        note=_peak_note(folder.path, label),
        images_per_second=_FRAMES_PER_SECOND,
    )


def _code(label: Path) -> int | None:
    """Return the emotion code in a label file, which is written as a float; None where there is none."""
    try:
        value = float(label.read_text(encoding="ascii"))
    except OSError as error:
        raise CorpusError(f"Cannot read {label}: {error.strerror}") from error
    except ValueError:
        return None
    return int(value) if value in range(len(EMOTIONS)) else None


def _peak_note(folder: Path, label: Path) -> str:
    """Return a note where the image that was labelled is not the last one."""
    images = sorted(path.stem for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    labelled = label.stem.removesuffix("_emotion")
    if images[-1].lower() == labelled.lower():
        return ""
    return f"the label is of {labelled}, and the last image is {images[-1]}"
