"""Small copies of FER2013 in each form that it is published in, with other images in every part."""

from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np

from ferfusion.corpora.fer2013 import EMOTIONS
from helpers.corpora import write_text

SIDE = 48
FER_PLUS_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
VOTES_HEADER = "path,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,not_a_face"


def noise_image(seed: int) -> np.ndarray:
    """Blurred grey noise (S, S), another image for every seed."""
    noise = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return cv2.normalize(smooth, None, 20, 235, cv2.NORM_MINMAX).astype(np.uint8)


def table_row(code: int | str, pixels: np.ndarray, usage: str) -> str:
    return f"{code},{' '.join(map(str, pixels.ravel()))},{usage}"


def write_fer_table(root: Path, rows: list[str], votes: list[str] | None = None) -> Path:
    """``fer2013.csv`` with the given rows and, with ``votes``, FER+'s table beside it."""
    write_text(root, "fer2013.csv", "\n".join(["emotion,pixels,Usage", *rows]) + "\n")
    if votes is not None:
        write_text(root, "fer2013new.csv", "\n".join([FER_PLUS_HEADER, *votes]) + "\n")
    return root


def fer_table(root: Path, *, per_class: int = 2, votes: bool = True) -> Path:
    """A table with images of every class in every part; all raters agree with the label."""
    rows, all_votes = [], []
    order = (6, 3, 5, 4, 0, 1, 2)  # the codes in the order of FER+'s columns
    for place, usage in enumerate(("Training", "PublicTest", "PrivateTest")):
        for code in range(7):
            for take in range(per_class):
                rows.append(table_row(code, noise_image(1000 * place + 100 * code + take), usage))
                counts = [10 if code == column else 0 for column in order]
                all_votes.append(f"{usage},fer.png,{','.join(map(str, counts))},0,0,0")
    return write_fer_table(root, rows, all_votes if votes else None)


def write_images(root: Path, images: dict[str, np.ndarray]) -> Path:
    """Write PNG files, by their paths in the folder."""
    for place, pixels in images.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), pixels)
    return root


def fer_folders(root: Path, *, per_class: int = 2) -> Path:
    """``train`` and ``validation`` with a folder for each class, and votes that agree with them."""
    places = {
        f"{part}/{emotion}/{100 * offset + 10 * code + take:05d}.png": (offset, code, take)
        for offset, part in enumerate(("train", "validation"))
        for code, emotion in enumerate(EMOTIONS)
        for take in range(per_class)
    }
    return write_images(
        root,
        {
            place: noise_image(1000 * offset + 100 * code + take)
            for place, (offset, code, take) in places.items()
        },
    )


def zipped(root: Path, archive: Path) -> Path:
    """A zip file of a folder, with the folder's name before each place."""
    with ZipFile(archive, "w") as file:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                file.write(path, f"{root.name}/{path.relative_to(root).as_posix()}")
    return archive
