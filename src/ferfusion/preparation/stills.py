"""Prepare a corpus of still images into a dataset folder: packs of many faces, and no flow.

The images are faces already: no face is looked for, they are only brought to the recipe's size. The rest of
the recipe is kept with the dataset, since it says how a video must be prepared for what learns from it.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from ferfusion.corpora.entries import LeftOut
from ferfusion.corpora.stills import VOTE_COLUMNS, Still, StillsListing
from ferfusion.files import write_table
from ferfusion.labels import LabelSet
from ferfusion.preparation.clip_file import write_clip
from ferfusion.preparation.near_duplicates import crop_vectors, near_pairs
from ferfusion.preparation.pipeline import DATA_COLUMNS, VIDEO_COLUMNS, claim_dataset, write_header
from ferfusion.preparation.recipe import ALIKE, PrepareRecipe

PACK_SIZE = 1000
"""Images of a pack; all of one pack are of the same part."""
_NOT_A_FACE = VOTE_COLUMNS.index("not_a_face")


@dataclass(frozen=True)
class Face:
    """An image that is used: where it came from, its pixels (S, S) in grey, and what is odd about it."""

    still: Still
    pixels: npt.NDArray[np.uint8]
    note: str = ""


def prepare_stills(
    listing: StillsListing, dataset: Path, *, labels: LabelSet, recipe: PrepareRecipe
) -> dict[str, Any]:
    """Write a dataset folder of still images, and return its counts.

    An image of the training part that has a copy in another part is left out (see ``leaks``).

    Raises:
        DatasetError: the folder holds another recipe's dataset, or files that are not a dataset.
    """
    claim_dataset(dataset, corpus=listing.corpus, labels=labels, recipe=recipe)
    header = partial(
        write_header, dataset, corpus=listing.corpus, labels=labels, recipe=recipe, stills=True, images=False
    )
    header(complete=False, counts={})
    faces, left_out = select_faces(listing, labels=labels, size=recipe.size)
    rows = list(_write_packs(dataset, faces, labels))
    write_table(dataset / "data.csv", pd.DataFrame(rows, columns=list(DATA_COLUMNS)))
    videos = pd.DataFrame(
        [*(_used_row(face, labels) for face in faces), *map(_left_out_row, left_out)],
        columns=list(VIDEO_COLUMNS),
    )
    write_table(dataset / "videos.csv", videos)
    _write_votes(dataset, faces)
    counts = {
        "videos": len(videos),
        "videos_by_status": dict(sorted(Counter(videos["status"]).items())),
        "notes": int((videos["note"].fillna("") != "").sum()),
        "pairs": len(rows),
        "pairs_by_class": {name: sum(row["emotion"] == name for row in rows) for name in labels.names},
    }
    header(complete=True, counts=counts)
    return counts


def select_faces(listing: StillsListing, *, labels: LabelSet, size: int) -> tuple[list[Face], list[LeftOut]]:
    """Decode the images and say which are used and which are not, and why."""
    faces: list[Face] = []
    left_out = list(listing.left_out)
    for still in listing.stills:
        pixels = _decode(still.encoded, size)
        reason = _reason_against(still, pixels, labels)
        if pixels is None or reason:
            left_out.append(LeftOut(still.place, reason))
        else:
            faces.append(Face(still, pixels))
    kept, copies = _without_copies(faces)
    return _with_notes(kept), left_out + copies


def _reason_against(still: Still, pixels: npt.NDArray[np.uint8] | None, labels: LabelSet) -> str:
    if pixels is None:
        return "not an image that can be read"
    if still.emotion not in labels:
        return f"{still.emotion} is not one of {', '.join(labels.names)}"
    if still.votes and 2 * still.votes[_NOT_A_FACE] > sum(still.votes):
        return f"not a face, say {still.votes[_NOT_A_FACE]} of {sum(still.votes)} annotators"
    return ""


def _without_copies(faces: list[Face]) -> tuple[list[Face], list[LeftOut]]:
    """Leave out of the training part what is near-identical in another: what is trained on cannot test."""
    parts = [face.still.part for face in faces]
    codes = pd.Series(parts, dtype="category").cat.codes.to_numpy(np.int64)
    near = near_pairs(crop_vectors(_crops(faces)), codes, alike=ALIKE)
    twin_of: dict[int, tuple[Still, float]] = {}
    for first, second, alike in zip(
        near.first.tolist(), near.second.tolist(), near.alike.tolist(), strict=True
    ):
        for one, other in ((first, second), (second, first)):
            if parts[one] == "train" and alike > twin_of.get(one, (None, 0.0))[1]:
                twin_of[one] = (faces[other].still, alike)
    left_out = [
        LeftOut(
            faces[place].still.place,
            f"a copy of {twin.image_id} of the {twin.part} part (correlation {alike:.3f})",
        )
        for place, (twin, alike) in sorted(twin_of.items())
    ]
    return [face for place, face in enumerate(faces) if place not in twin_of], left_out


def _decode(encoded: bytes, size: int) -> npt.NDArray[np.uint8] | None:
    pixels = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE) if encoded else None
    if pixels is not None and pixels.shape != (size, size):
        shrinks = size < min(pixels.shape)
        pixels = cv2.resize(
            pixels, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
    return None if pixels is None else pixels.astype(np.uint8, copy=False)


def _with_notes(faces: list[Face]) -> list[Face]:
    """Note at each face which one has the very same pixels under another label or in another part."""
    groups: dict[bytes, list[Face]] = defaultdict(list)
    keys = [hashlib.sha256(face.pixels.tobytes()).digest() for face in faces]
    for key, face in zip(keys, faces, strict=True):
        groups[key].append(face)
    return [replace(face, note=_note(face, groups[key])) for key, face in zip(keys, faces, strict=True)]


def _note(face: Face, same: list[Face]) -> str:
    for other in same:
        if (other.still.emotion, other.still.part) != (face.still.emotion, face.still.part):
            return f"the same picture as {other.still.image_id}, {other.still.emotion} in {other.still.part}"
    return ""


def _crops(faces: list[Face]) -> npt.NDArray[np.uint8]:
    """Return faces as crops are stored, (N, S, S, 3)."""
    return np.repeat(np.stack([face.pixels for face in faces])[..., None], 3, axis=-1)


def _write_packs(dataset: Path, faces: list[Face], labels: LabelSet) -> Iterator[dict[str, Any]]:
    """Write the faces of each part in packs, and yield their rows of ``data.csv``."""
    by_part: dict[str, list[Face]] = defaultdict(list)
    for face in faces:
        by_part[face.still.part].append(face)
    for part, members in by_part.items():
        for number, start in enumerate(range(0, len(members), PACK_SIZE)):
            pack = f"{part}-{number:03d}"
            inside = members[start : start + PACK_SIZE]
            _write_pack(dataset / "clips" / f"{pack}.safetensors", inside)
            for place, face in enumerate(inside):
                yield _data_row(face, pack=pack, place=place, labels=labels)


def _write_pack(path: Path, faces: list[Face]) -> None:
    write_clip(path, {"crops": _crops(faces)})


def _data_row(face: Face, *, pack: str, place: int, labels: LabelSet) -> dict[str, Any]:
    still = face.still
    return {
        "flow": "",
        "spatial": still.place,
        "emotion": still.emotion,
        "code": labels.code(still.emotion),
        "subject": still.image_id,
        "video": still.image_id,
        "segment": 0,
        "frame": 0,
        "seconds": 0.0,
        "clip": pack,
        "pair": place,
    }


def _used_row(face: Face, labels: LabelSet) -> dict[str, Any]:
    still = face.still
    return {
        "video": still.image_id,
        "path": still.place,
        "subject": still.image_id,
        "emotion": still.emotion,
        "code": labels.code(still.emotion),
        "part": still.part,
        "frames": 1,
        "faces": 1,
        "pairs": 1,
        "status": "ok",
        "note": face.note,
    }


def _left_out_row(left: LeftOut) -> dict[str, Any]:
    return {"path": left.path, "status": "left_out", "reason": left.reason}


def _write_votes(dataset: Path, faces: list[Face]) -> None:
    """Write ``votes.csv``, a row per image that has votes, in the order of FER+; none if no image has any."""
    rows: list[Mapping[str, Any]] = [
        {"video": face.still.image_id, **dict(zip(VOTE_COLUMNS, face.still.votes, strict=True))}
        for face in faces
        if face.still.votes
    ]
    if rows:
        write_table(dataset / "votes.csv", pd.DataFrame(rows))
