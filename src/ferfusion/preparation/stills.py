"""Prepare a corpus of still images into a dataset folder: packs of many faces, and no flow.

The images show faces already: they are not searched, only resized to the recipe's size. The dataset keeps the
whole recipe, so that a model of it knows how to prepare a video.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from ferfusion.corpora.entries import LeftOut, Votes
from ferfusion.corpora.stills import VOTE_COLUMNS, Still, StillsListing
from ferfusion.errors import CorpusError, VideoError
from ferfusion.labels import LabelSet
from ferfusion.outputs import replaced_result
from ferfusion.preparation.clip_file import write_clip
from ferfusion.preparation.dataset import (
    DATA_COLUMNS,
    TABLES,
    VIDEO_COLUMNS,
    DatasetFiles,
    check_dataset_folder,
    left_out_row,
    write_header,
)
from ferfusion.preparation.near_duplicates import crop_vectors, near_pairs
from ferfusion.preparation.recipe import COPY_SIMILARITY, PrepareRecipe
from ferfusion.preparation.votes import write_votes
from ferfusion.reporting.words import counted
from ferfusion.tables import write_table
from ferfusion.video.images import decode_image

PACK_SIZE = 1000
"""Images of a pack; all of them are of the same part."""
_NOT_A_FACE = VOTE_COLUMNS.index("not_a_face")


@dataclass(frozen=True)
class Face:
    """A still image that is used.

    Attributes:
        still: The image in the corpus.
        pixels: Its grey pixels, (S, S).
        note: A contradiction with another image; a column of ``videos.csv``.
    """

    still: Still
    pixels: npt.NDArray[np.uint8]
    note: str = ""


def prepare_stills(
    listing: StillsListing, dataset: Path, *, labels: LabelSet, recipe: PrepareRecipe
) -> dict[str, Any]:
    """Write the dataset folder of a corpus of still images, and return its counts.

    An image of the training part that has a copy in another part is left out (see ``near_duplicates``).

    Args:
        listing: The images, and what is left out.
        dataset: Dataset folder to write.
        labels: Classes to keep.
        recipe: Settings of preparation, of which only ``size`` changes an image.

    Raises:
        DatasetError: the folder holds another recipe's dataset, or files that are not a dataset.
        CorpusError: no image can be used; the folder stays as it was.
    """
    files = DatasetFiles(dataset)
    check_dataset_folder(dataset, corpus=listing.corpus, labels=labels, recipe=recipe)
    header = partial(
        write_header, dataset, corpus=listing.corpus, labels=labels, recipe=recipe, stills=True, images=False
    )
    faces, left_out = select_faces(listing, labels=labels, size=recipe.size)
    header(complete=False, counts={})
    rows = list(_write_packs(files, faces, labels))
    videos = pd.DataFrame(
        [*(_used_row(face, labels) for face in faces), *(left_out_row(left, {}) for left in left_out)],
        columns=list(VIDEO_COLUMNS),
    )
    with replaced_result(dataset, earlier=(*TABLES, files.votes_file.name)) as new:
        write_table(DatasetFiles(new).pairs_file, pd.DataFrame(rows, columns=list(DATA_COLUMNS)))
        write_table(DatasetFiles(new).videos_file, videos)
        votes = {face.still.image_id: face.still.votes for face in faces if face.still.votes}
        write_votes(DatasetFiles(new), Votes(VOTE_COLUMNS, votes), votes)
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
    """Decode the images; return those that are used, and the others with the reason."""
    faces: list[Face] = []
    left_out = list(listing.left_out)
    for still in listing.stills:
        try:
            pixels = _decode(still.encoded, size)
            _check_use(still, labels)
        except VideoError as error:
            left_out.append(LeftOut(still.place, str(error)))
        else:
            faces.append(Face(still, pixels))
    if not faces:
        raise CorpusError(
            f"No image of {listing.corpus} can be used ({counted(len(left_out), 'image')}); the first, "
            f"{left_out[0].path}, is left out: {left_out[0].reason}"
        )
    kept, copies = _without_copies(faces)
    return _with_notes(kept), left_out + copies


def _check_use(still: Still, labels: LabelSet) -> None:
    """Raise a VideoError with the reason why an image is not used, if there is one."""
    if still.emotion not in labels:
        raise VideoError(f"{still.emotion} is not one of {', '.join(labels.names)}")
    if still.votes and 2 * still.votes[_NOT_A_FACE] > sum(still.votes):
        raise VideoError(
            f"not a face, say {still.votes[_NOT_A_FACE]} of {counted(sum(still.votes), 'rater')}"
        )


def _without_copies(faces: list[Face]) -> tuple[list[Face], list[LeftOut]]:
    """Leave out the images of the training part that are near-identical to an image of another part."""
    parts = [face.still.part for face in faces]
    codes = pd.Series(parts, dtype="category").cat.codes.to_numpy(np.int64)
    near = near_pairs(crop_vectors(_crops(faces)), codes, similarity=COPY_SIMILARITY)
    original_of: dict[int, tuple[Still, float]] = {}
    for first, second, similarity in zip(
        near.first.tolist(), near.second.tolist(), near.similarity.tolist(), strict=True
    ):
        for one, other in ((first, second), (second, first)):
            if parts[one] == "train" and similarity > original_of.get(one, (None, 0.0))[1]:
                original_of[one] = (faces[other].still, similarity)
    left_out = [
        LeftOut(
            faces[number].still.place,
            f"a copy of {original.image_id} of the {original.part} part (correlation {similarity:.3f})",
        )
        for number, (original, similarity) in sorted(original_of.items())
    ]
    return [face for number, face in enumerate(faces) if number not in original_of], left_out


def _decode(encoded: bytes, size: int) -> npt.NDArray[np.uint8]:
    pixels = decode_image(encoded, cv2.IMREAD_GRAYSCALE)
    if pixels.shape != (size, size):
        shrinks = size < min(pixels.shape)
        pixels = np.asarray(
            cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
            np.uint8,
        )
    return pixels


def _with_notes(faces: list[Face]) -> list[Face]:
    """Add a note to each face that has the same pixels as one with another label or in another part."""
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


def _write_packs(files: DatasetFiles, faces: list[Face], labels: LabelSet) -> Iterator[dict[str, Any]]:
    """Write the faces of each part in packs, and yield their rows of ``data.csv``."""
    by_part: dict[str, list[Face]] = defaultdict(list)
    for face in faces:
        by_part[face.still.part].append(face)
    for part, members in by_part.items():
        for number, start in enumerate(range(0, len(members), PACK_SIZE)):
            pack = f"{part}-{number:03d}"
            inside = members[start : start + PACK_SIZE]
            write_clip(files.clip_file(pack), {"crops": _crops(inside)})
            for pair, face in enumerate(inside):
                yield _data_row(face, pack=pack, pair=pair, labels=labels)


def _data_row(face: Face, *, pack: str, pair: int, labels: LabelSet) -> dict[str, Any]:
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
        "pair": pair,
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
