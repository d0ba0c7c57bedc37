"""Oulu-CASIA: 80 people pose six emotions, from neutral to apex, under three lights and two cameras.

Zhao, Huang, Taini, Li & Pietikäinen 2011, Image and Vision Computing 29(9). The field's protocol, and the
default here, is the visible-light camera under strong light: 480 sequences.
"""

import re
from pathlib import Path

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.corpora.walk import Found, find_image_folders, make_listing
from ferfusion.errors import CorpusError
from ferfusion.label_set import SIX, canonical_emotion

CAMERAS = ("VL", "NI")
LIGHTS = ("Strong", "Weak", "Dark")
_SEQUENCE = re.compile(r"(?:.*/)?(VL|NI)(_\wcropped)?/(Strong|Weak|Dark)/(P\d{3})/(\w+)", re.I)
PLACE = re.compile(_SEQUENCE.pattern + r"/[^/]+\.(jpe?g|png|bmp)", re.I)


def list_oulu_casia(root: Path, *, camera: str = "VL", light: str = "Strong") -> CorpusListing:
    """List the sequences of one camera and one light; cropped copies are used where there is no original.

    Args:
        root: Folder of the corpus.
        camera: VL (visible light) or NI (near infrared).
        light: Strong, Weak or Dark.

    Raises:
        CorpusError: ``root`` is no folder, has no such sequence, or there is no such camera or light.
    """
    if camera not in CAMERAS or light not in LIGHTS:
        raise CorpusError(
            f"Oulu-CASIA has no {camera}/{light}; the cameras are {', '.join(CAMERAS)} "
            f"and the lights {', '.join(LIGHTS)}"
        )
    folders, others = find_image_folders(root)
    folders.sort(key=lambda folder: any(name.endswith("cropped") for name in folder.folders))
    rows = [_row(folder, camera, light) for folder in folders]
    expected = f"OriginalImg/{camera}/{light}/P001/Anger/000.jpeg"
    return make_listing("oulu_casia", root, rows, others, expected=expected, wanted="an image")


def _row(folder: Found, camera: str, light: str) -> VideoEntry | LeftOut:
    match = _SEQUENCE.fullmatch(folder.place)
    if match is None:
        return folder.left_out("not at <camera>/<light>/<person>/<emotion>")
    found = (match[1].upper(), match[3].capitalize())
    if found != (camera, light):
        return folder.left_out(f"of {'/'.join(found)}; {camera}/{light} is used")
    subject, emotion = match[4].upper(), canonical_emotion(match[5])
    if emotion not in SIX:
        return folder.left_out(f"the folder {match[5]} is none of the six emotions")
    return VideoEntry(
        folder.path,
        f"{camera}-{light}-{subject}-{emotion}",
        subject,
        emotion,
        note="cropped by the corpus's makers" if match[2] else "",
    )
