"""Write small corpora of exactly the shapes that the loaders read: real videos, images and sheets in them."""

import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import openpyxl

from ferfusion.corpora.entries import CorpusListing
from ferfusion.corpora.stills import StillsListing
from ferfusion.video.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

CODECS = {".flv": "flv", ".avi": "mpeg4", ".mpg": "mpeg1video"}


@cache
def video_bytes(suffix: str) -> bytes:
    """Four frames of 32x32 in the container of ``suffix``; encoded once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip{suffix}"
        with av.open(str(path), "w") as container:
            stream = container.add_stream(CODECS.get(suffix, "libx264"), rate=25)
            assert isinstance(stream, av.VideoStream)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            for level in (40, 90, 140, 190):
                pixels = np.full((32, 32, 3), level, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode(None))
        return path.read_bytes()


@cache
def image_bytes(suffix: str, width: int = 33, height: int = 31) -> bytes:
    """A colour image of odd size."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (40, 120, 200)
    ok, encoded = cv2.imencode(suffix, pixels)
    assert ok
    return encoded.tobytes()


def write_files(root: Path, *places: str) -> Path:
    """Write a file at each place: a real video or image by its suffix, else an empty file."""
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        suffix = path.suffix.lower()
        if suffix in VIDEO_SUFFIXES:
            path.write_bytes(video_bytes(suffix))
        elif suffix in IMAGE_SUFFIXES:
            path.write_bytes(image_bytes(suffix))
        else:
            path.write_bytes(b"")
    return root


def write_text(root: Path, place: str, text: str) -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root


def write_sheet(path: Path, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    for row in (header, *rows):
        sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def rows_of(listing: CorpusListing) -> list[tuple[str, str, str, str | None]]:
    return [(row.video_id, row.subject, row.emotion, row.part) for row in listing.entries]


def left_out_of(listing: CorpusListing | StillsListing) -> dict[str, str]:
    reasons = {row.path: row.reason for row in listing.left_out}
    assert len(reasons) == len(listing.left_out), "a path is left out twice"
    return reasons


def notes_of(listing: CorpusListing) -> dict[str, str]:
    return {row.video_id: row.note for row in listing.entries if row.note}
