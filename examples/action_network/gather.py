"""Gather the faces that the action network learns from and is measured on, each kind in one file of WORK.

studio.safetensors, studio_apart.safetensors            rendered people, others in the second
everyday.safetensors, everyday_apart.safetensors        people of the other look, others in the second
studio_taught.safetensors                               the first of the studio, with the teacher's answers
photographs.safetensors, photographs_apart.safetensors  FER2013's training part and its test part
faces.safetensors, faces_apart.safetensors              a zip of tight photographs, one in ten apart
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import safe_open

from faces import Faces, Row, only_frame, render, teach, wide_crop, with_truth
from ferfusion.actions.estimators import landmarker_model
from ferfusion.actions.face_landmarker import FaceLandmarker
from ferfusion.files import sha256_of, write_json
from ferfusion.synthesis.head import load_head

PEOPLE, IMAGES = {"studio": 800, "everyday": 400}, 50
PEOPLE_APART = 40
PEOPLE_TAUGHT = 60
SEED, SEED_APART = 2301, 2302
_APART_EVERY = 10
_SUFFIXES = (".jpg", ".jpeg", ".png")


def check_same(work: Path, *, stills: Path, photographs: Path, epochs: int) -> None:
    """Refuse to go on in a folder of other faces or another schedule.

    Raises:
        SystemExit: the folder was begun with something else.
    """
    given = {
        "stills": json.loads((stills / "dataset.json").read_text(encoding="utf-8"))["identity"],
        "split": sha256_of(stills / "splits.csv"),
        "photographs": sha256_of(photographs),
        "epochs": epochs,
    }
    stamp = work / "made_of.json"
    if not stamp.exists():
        work.mkdir(parents=True, exist_ok=True)
        write_json(stamp, given)
        return
    begun = json.loads(stamp.read_text(encoding="utf-8"))
    if other := [name for name, value in given.items() if begun.get(name) != value]:
        raise SystemExit(f"{work} was begun with other {', '.join(other)}; name a new folder")


def gather(work: Path, *, stills: Path, photographs: Path) -> None:
    """Write the files that are missing.

    Args:
        work: Folder to write.
        stills: A dataset of still faces, prepared and split.
        photographs: A zip of tight photographs.
    """
    work.mkdir(parents=True, exist_ok=True)
    teacher = FaceLandmarker(landmarker_model())
    for name, part in (("photographs", "train"), ("photographs_apart", "test")):
        write(work / f"{name}.safetensors", lambda part=part: teach(still_faces(stills, part), teacher))
    for name, apart in (("faces", False), ("faces_apart", True)):
        write(
            work / f"{name}.safetensors",
            lambda apart=apart: teach(zipped_faces(photographs, apart=apart), teacher),
        )
    for look, people in PEOPLE.items():
        write(work / f"{look}_apart.safetensors", lambda look=look: rendered(look, SEED_APART, PEOPLE_APART))
        write(work / f"{look}.safetensors", lambda look=look, people=people: rendered(look, SEED, people))
    taught = work / "studio_taught.safetensors"
    write(taught, lambda: teach(taught_images(PEOPLE_TAUGHT), teacher, unread=True))


def rendered(look: str, seed: int, people: int) -> Iterator[Row]:
    """Yield the rendered faces of the first people of a look, with the truth."""
    return with_truth(render(load_head(), look=look, seed=seed, people=range(people), images=IMAGES))


def taught_images(people: int) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.float64]]]:
    """Yield the rendered faces of the studio's first people, with the box of each."""
    for face in render(load_head(), look="studio", seed=SEED, people=range(people), images=IMAGES):
        yield face.person, face.image, face.box


def write(path: Path, rows: Any) -> None:
    """Write rows of faces to a file, unless it is there."""
    if path.exists():
        return
    faces = Faces.of(rows())
    faces.save(path)
    print(f"{path}: {len(faces)} faces", flush=True)


def still_faces(dataset: Path, part: str) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.float64]]]:
    """Yield the crops of a part of a dataset of stills; the box of each is the whole crop."""
    parts = pd.read_csv(dataset / "splits.csv", dtype=str)
    number = 0
    for clip in parts.loc[parts["part"] == part, "clip"]:
        with safe_open(dataset / "clips" / f"{clip}.safetensors", "np") as tensors:
            crops = tensors.get_tensor("crops")
        for crop in crops:
            number += 1
            yield number, crop, np.array([0, 0, len(crop), len(crop)], np.float64)


def labelled_faces(dataset: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Return the wide crops (N, 80, 80, 3) of a part of a dataset of stills, and the label of each."""
    pairs = pd.read_csv(dataset / "data.csv", dtype={"clip": str}).sort_values(["clip", "pair"])
    labels = {clip: its["emotion"].tolist() for clip, its in pairs.groupby("clip")}
    parts = pd.read_csv(dataset / "splits.csv", dtype=str)
    images = [wide_crop(only_frame(crop), box) for _, crop, box in still_faces(dataset, part)]
    named = [label for clip in parts.loc[parts["part"] == part, "clip"] for label in labels[clip]]
    return np.stack(images), np.array(named)


def zipped_faces(path: Path, *, apart: bool) -> Iterator[tuple[int, NDArray[np.uint8], None]]:
    """Yield the photographs of a zip file: one in ten, or the others."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if Path(name).suffix.lower() in _SUFFIXES)
        for number, name in enumerate(names):
            if (number % _APART_EVERY == 0) == apart:
                image = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR)
                if image is not None:
                    yield number, np.ascontiguousarray(image[:, :, ::-1], np.uint8), None
