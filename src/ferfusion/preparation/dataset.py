"""The dataset folder: its files, its header ``dataset.json``, and its tables as later stages read them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion import __version__
from ferfusion.errors import DatasetError
from ferfusion.files import read_json, read_table, write_json
from ferfusion.labels import LabelSet
from ferfusion.preparation.recipe import PrepareRecipe

SCHEMA = 1
DATA_COLUMNS = (
    "flow",
    "spatial",
    "emotion",
    "code",
    "subject",
    "video",
    "segment",
    "frame",
    "seconds",
    "clip",
    "pair",
)
"""Columns of ``data.csv``; the first four are the report's."""
VIDEO_COLUMNS = (
    "video",
    "path",
    "subject",
    "emotion",
    "code",
    "part",
    "fps",
    "frames",
    "faces",
    "pairs",
    "status",
    "reason",
    "note",
)
"""Columns of ``videos.csv``."""
_TEXT_COLUMNS = ("video", "clip", "subject", "emotion", "part", "status", "reason", "note")


_HEADER_KEYS = ("complete", "recipe", "labels", "corpus", "counts")


@dataclass(frozen=True)
class DatasetFiles:
    """Paths of the files of a dataset folder, whether or not they exist."""

    root: Path

    @property
    def header_file(self) -> Path:
        """``dataset.json``: the recipe, the label set, the counts, and whether the dataset is complete."""
        return self.root / "dataset.json"

    @property
    def pairs_file(self) -> Path:
        """``data.csv``: a row per kept pair."""
        return self.root / "data.csv"

    @property
    def frames_file(self) -> Path:
        """``frames.csv``: a row per decoded frame."""
        return self.root / "frames.csv"

    @property
    def videos_file(self) -> Path:
        """``videos.csv``: a row per video of the corpus, and per file that is left out."""
        return self.root / "videos.csv"

    @property
    def votes_file(self) -> Path:
        """``votes.csv``: a row per image with votes of annotators."""
        return self.root / "votes.csv"

    @property
    def splits_file(self) -> Path:
        """``splits.csv``: clip to part."""
        return self.root / "splits.csv"

    @property
    def clips_folder(self) -> Path:
        """``clips``: the clip files."""
        return self.root / "clips"

    @property
    def rows_folder(self) -> Path:
        """``.rows``: the rows of each finished video, from which the tables are written."""
        return self.root / ".rows"

    def clip_file(self, clip: str) -> Path:
        """Return the path of a clip file."""
        return self.clips_folder / f"{clip}.safetensors"

    def rows_file(self, video: str) -> Path:
        """Return the path of the rows of one video."""
        return self.rows_folder / f"{video}.json"


@dataclass(frozen=True)
class Dataset(DatasetFiles):
    """A complete dataset folder; a table is read when it is first used.

    Attributes:
        root: The folder.
        recipe: Settings of its preparation.
        labels: Its classes.
        corpus: Name of the layout of its corpus.
        counts: Numbers of videos, frames and pairs, by status and class.
        stills: Whether it has single images in place of pairs, and no flow.
    """

    recipe: PrepareRecipe
    labels: LabelSet
    corpus: str
    counts: dict[str, Any]
    stills: bool = False

    @cached_property
    def people_known(self) -> bool:
        """Whether its subjects are people; the subject of an image of unknown people is the image itself."""
        return not self.stills or bool((self.pairs["subject"] != self.pairs["video"]).any())

    @cached_property
    def has_official_parts_only(self) -> bool:
        """Whether it has still images of unknown people, which their makers divided into parts."""
        return self.stills and not self.people_known and bool((self.videos["part"] != "").any())

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """``data.csv``: a row per kept pair."""
        return self._read(self.pairs_file)

    @cached_property
    def frames(self) -> pd.DataFrame:
        """``frames.csv``: a row per decoded frame."""
        return self._read(self.frames_file)

    @cached_property
    def videos(self) -> pd.DataFrame:
        """``videos.csv``: a row per video of the corpus, and per file that is left out."""
        return self._read(self.videos_file)

    @cached_property
    def votes(self) -> pd.DataFrame | None:
        """``votes.csv``: a row per image, with the number of annotators for each expression; None without."""
        return self._read(self.votes_file) if self.votes_file.is_file() else None

    def _read(self, table: Path) -> pd.DataFrame:
        """Read a table; ids and names are text, also where they are digits."""
        return read_table(
            table,
            columns=("emotion", "subject", "video", "clip") if table == self.pairs_file else (),
            advice="run ferfusion prepare again",
            dtype=dict.fromkeys(_TEXT_COLUMNS, str),
            keep_default_na=False,
            na_values={"fps": [""], "code": [""]},
        )


def open_dataset(root: Path) -> Dataset:
    """Open a dataset folder.

    Raises:
        DatasetError: there is none, it is unfinished, or another version wrote it.
    """
    path = DatasetFiles(root).header_file
    if not path.is_file():
        raise DatasetError(
            f"{root} is not a dataset folder (no {path.name}); make one with: ferfusion prepare"
        )
    advice = "run ferfusion prepare again"
    header = read_json(path, advice=advice)
    if header.get("schema") != SCHEMA:
        raise DatasetError(f"{root} has schema {header.get('schema')}, this version reads {SCHEMA}")
    _check_keys(path, header, advice=advice)
    if not header["complete"]:
        raise DatasetError(f"{root} is unfinished; run the same ferfusion prepare again to finish it")
    return Dataset(
        root,
        PrepareRecipe.from_dict(header["recipe"]),
        LabelSet(tuple(header["labels"])),
        header["corpus"],
        header["counts"],
        header.get("stills", False),
    )


def check_dataset_folder(root: Path, *, corpus: str, labels: LabelSet, recipe: PrepareRecipe) -> None:
    """Check that a folder is new or empty, or holds a dataset of the same settings.

    Args:
        root: The dataset folder.
        corpus: Name of the layout of the corpus.
        labels: Classes to keep.
        recipe: Settings of preparation.

    Raises:
        DatasetError: it holds another recipe's dataset, or files that are not a dataset.
    """
    path = DatasetFiles(root).header_file
    if not path.is_file():
        if root.is_dir() and any(root.iterdir()):
            raise DatasetError(f"{root} holds other files; name a new or empty folder")
        return
    advice = "delete the folder, and prepare it again"
    header = read_json(path, advice=advice)
    _check_keys(path, header, advice=advice)
    differences = recipe.differences(PrepareRecipe.from_dict(header["recipe"]))
    if header["labels"] != list(labels.names):
        differences.append(f"the classes are {', '.join(header['labels'])}")
    if header["corpus"] != corpus:
        differences.append(f"the corpus is {header['corpus']!r}, expected {corpus!r}")
    if differences:
        raise DatasetError(
            f"{root} was prepared with other settings ({'; '.join(differences)}); "
            "name another folder, or delete this one to prepare it again"
        )


def _check_keys(path: Path, header: dict[str, Any], *, advice: str) -> None:
    lacking = [name for name in _HEADER_KEYS if name not in header]
    if lacking:
        raise DatasetError(f"{path} lacks {', '.join(lacking)}; {advice}")


def write_header(
    root: Path,
    *,
    complete: bool,
    corpus: str,
    labels: LabelSet,
    recipe: PrepareRecipe,
    images: bool,
    counts: dict[str, Any],
    stills: bool = False,
) -> None:
    """Write ``dataset.json``.

    Args:
        root: The dataset folder.
        complete: Whether all videos are prepared and the tables are written.
        corpus: Name of the layout of the corpus.
        labels: Classes that are kept.
        recipe: Settings of preparation.
        images: Whether every kept pair is also written as two PNG files.
        counts: Numbers of videos, frames and pairs.
        stills: Whether it is a dataset of still images; the key is absent otherwise.
    """
    header = {
        "schema": SCHEMA,
        "complete": complete,
        "recipe": recipe.to_dict(),
        "recipe_hash": recipe.hash,
        "labels": list(labels.names),
        "corpus": corpus,
        **({"stills": True} if stills else {}),
        "images": images,
        "counts": counts,
        "version": __version__,
    }
    write_json(DatasetFiles(root).header_file, header)
