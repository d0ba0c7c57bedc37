"""What holds for every corpus of the table."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ferfusion.corpora
from ferfusion.corpora.catalogue import CORPORA
from ferfusion.errors import CorpusError
from ferfusion.video.images import read_image_frames
from ferfusion.video.reader import read_frames
from helpers.corpus_trees import TREES

MODULES = [f"ferfusion.corpora.{module.name}" for module in pkgutil.iter_modules(ferfusion.corpora.__path__)]


def test_corpora_table_has_a_tree_for_every_corpus() -> None:
    assert set(TREES) == set(CORPORA)


@pytest.mark.parametrize("name", CORPORA)
def test_corpus_refuses_a_missing_and_an_empty_folder_in_one_line(tmp_path: Path, name: str) -> None:
    for root in (tmp_path / "missing", tmp_path):
        with pytest.raises(CorpusError) as caught:
            CORPORA[name](root)
        message = str(caught.value)
        assert str(root) in message
        assert "\n" not in message


@pytest.mark.parametrize("name", CORPORA)
def test_corpus_rows_are_complete_unique_and_in_a_fixed_order(tmp_path: Path, name: str) -> None:
    root = TREES[name](tmp_path)
    listing = CORPORA[name](root)
    assert listing == CORPORA[name](root)
    assert listing.corpus == name
    ids = [entry.video_id for entry in listing.entries]
    assert len({video_id.lower() for video_id in ids}) == len(ids) > 0
    assert all(re.fullmatch(r"\w[\w.-]*", video_id) for video_id in ids)
    for entry in listing.entries:
        assert entry.subject
        assert entry.emotion[0].isupper()
        assert entry.part in (None, "train", "validation", "test")
        assert entry.rotation_degrees in (0, 90, 180, 270)
    assert all(row.path and row.reason for row in listing.left_out)


@pytest.mark.parametrize("name", CORPORA)
def test_corpus_uses_or_leaves_out_every_file(tmp_path: Path, name: str) -> None:
    """A video or an image folder is an entry or has a row of its own."""
    root = TREES[name](tmp_path)
    listing = CORPORA[name](root)
    used = {entry.path for entry in listing.entries}
    left = {root / row.path for row in listing.left_out}
    videos = {path for path in root.rglob("*") if path.suffix.lower() in {".mp4", ".avi", ".flv"}}
    images = {path.parent for path in root.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".jpeg"}}
    assert videos | images == (used | left) & (videos | images)
    assert not used & left


@pytest.mark.parametrize("name", CORPORA)
def test_corpus_first_video_can_be_decoded(tmp_path: Path, name: str) -> None:
    entry = CORPORA[name](TREES[name](tmp_path)).entries[0]
    frames = list(read_image_frames(entry.path) if entry.path.is_dir() else read_frames(entry.path))
    assert len(frames) >= 2
    assert not any(frame.error for frame in frames)


def test_corpora_room_imports_no_decoder() -> None:
    """None of the libraries that decode or train is imported with the loaders."""
    program = f"""
import importlib, sys
for name in {MODULES}: importlib.import_module(name)
print([name for name in ("torch", "cv2", "av", "openpyxl") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", [*MODULES, "ferfusion.video.images"])
def test_corpora_docstring_examples_run(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
