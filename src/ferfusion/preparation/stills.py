"""Prepare a corpus of still images into a dataset folder: packs of many faces, and no flow.

The images show faces already: they are not searched, only resized to the recipe's size. The dataset keeps the
whole recipe, so that a model of it knows how to prepare a video. A split divides packs, so a pack has images
of all kinds, and every copy of each. The packs are the same at every size.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
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
from ferfusion.label_set import LabelSet
from ferfusion.outputs import replaced_result
from ferfusion.parts import PARTS
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
from ferfusion.preparation.near_duplicates import SIDE, NearPairs, crop_vectors, joined_groups, near_pairs
from ferfusion.preparation.recipe import COPY_SIMILARITY, PrepareRecipe
from ferfusion.preparation.votes import write_votes
from ferfusion.reporting.words import counted
from ferfusion.tables import write_table
from ferfusion.video.images import decode_image

PACK_SIZE, FEWEST_PACKS = 250, 100
"""Largest number of images of a pack, and the fewest packs of a part with as many images."""
_NOT_A_FACE = VOTE_COLUMNS.index("not_a_face")


@dataclass(frozen=True)
class Face:
    """A still image that is used.

    Attributes:
        still: The image in the corpus.
        pixels: Its grey pixels, (S, S).
        small: The image as it is compared with others, (16, 16), which does not depend on S.
        subject: The first image of those of its part that are copies of each other.
        note: A contradiction with another image; a column of ``videos.csv``.
    """

    still: Still
    pixels: npt.NDArray[np.uint8]
    small: npt.NDArray[np.uint8]
    subject: str
    note: str = ""


def prepare_stills(
    listing: StillsListing, dataset: Path, *, labels: LabelSet, recipe: PrepareRecipe
) -> dict[str, Any]:
    """Write the dataset folder of a corpus of still images, and return its counts.

    An image of the training part that has a copy in another part is left out, and so is one of the validation
    part with a copy in the test part (see ``near_duplicates``).

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
            pixels = decode_image(still.encoded, cv2.IMREAD_GRAYSCALE)
            _check_use(still, labels)
        except VideoError as error:
            left_out.append(LeftOut(still.place, str(error)))
        else:
            small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            faces.append(Face(still, _resized(pixels, size), np.asarray(small, np.uint8), still.image_id))
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
    """Leave out the images with a copy in a later part; other images that are copies get one subject."""
    parts = np.array([PARTS.index(face.still.part) for face in faces])
    vectors = crop_vectors(_in_colour([face.small for face in faces]))
    near = near_pairs(vectors, np.arange(len(faces)), similarity=COPY_SIMILARITY)
    original_of = _originals(near, parts)
    left_out = [
        LeftOut(
            faces[number].still.place,
            f"a copy of {faces[other].still.image_id} of the {faces[other].still.part} part "
            f"(correlation {similarity:.3f})",
        )
        for number, (other, similarity) in sorted(original_of.items())
    ]
    copied = np.isin(np.stack([near.first, near.second]), list(original_of)).any(axis=0)
    firsts = joined_groups(near.first[~copied], near.second[~copied], count=len(faces))
    kept = [
        replace(face, subject=faces[first].still.image_id)
        for number, (face, first) in enumerate(zip(faces, firsts.tolist(), strict=True))
        if number not in original_of
    ]
    return kept, left_out


def _originals(near: NearPairs, parts: npt.NDArray[np.int64]) -> dict[int, tuple[int, float]]:
    """Return, by image, its most similar copy in a later part and their correlation."""
    original_of: dict[int, tuple[int, float]] = {}
    for first, second, similarity in zip(
        near.first.tolist(), near.second.tolist(), near.similarity.tolist(), strict=True
    ):
        one, other = sorted((first, second), key=lambda number: parts[number])
        if parts[one] < parts[other] and similarity > original_of.get(one, (0, 0.0))[1]:
            original_of[one] = (other, similarity)
    return original_of


def _resized(pixels: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    if pixels.shape == (size, size):
        return pixels
    shrinks = size < min(pixels.shape)
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=interpolation), np.uint8)


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


def _in_colour(images: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """Return grey images as crops are stored, (N, S, S, 3)."""
    return np.repeat(np.stack(images)[..., None], 3, axis=-1)


def _write_packs(files: DatasetFiles, faces: list[Face], labels: LabelSet) -> Iterator[dict[str, Any]]:
    """Write the faces of each part in packs, and yield their rows of ``data.csv``."""
    by_part: dict[str, list[Face]] = defaultdict(list)
    for face in faces:
        by_part[face.still.part].append(face)
    for part, members in by_part.items():
        for number, inside in enumerate(_packs(members)):
            pack = f"{part}-{number:03d}"
            crops = _in_colour([face.pixels for face in inside])
            compared = _in_colour([face.small for face in inside])
            write_clip(files.clip_file(pack), {"crops": crops, "compared": compared})
            for pair, face in enumerate(inside):
                yield _data_row(face, pack=pack, pair=pair, labels=labels)


def _packs(faces: list[Face]) -> Iterator[list[Face]]:
    """Yield the faces of a part in packs: drawn in any order, but all faces of a subject are in one pack."""
    subjects: dict[str, list[Face]] = defaultdict(list)
    for face in faces:
        subjects[face.subject].append(face)
    groups = list(subjects.values())
    size = min(PACK_SIZE, -(-len(faces) // FEWEST_PACKS))
    pack: list[Face] = []
    for drawn in np.random.default_rng(0).permutation(len(groups)):
        pack += groups[drawn]
        if len(pack) >= size:
            yield pack
            pack = []
    if pack:
        yield pack


def _data_row(face: Face, *, pack: str, pair: int, labels: LabelSet) -> dict[str, Any]:
    still = face.still
    return {
        "flow": "",
        "spatial": still.place,
        "emotion": still.emotion,
        "code": labels.code(still.emotion),
        "subject": face.subject,
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
        "subject": face.subject,
        "emotion": still.emotion,
        "code": labels.code(still.emotion),
        "part": still.part,
        "frames": 1,
        "faces": 1,
        "pairs": 1,
        "status": "ok",
        "note": face.note,
    }
