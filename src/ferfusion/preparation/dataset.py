"""The dataset folder: its files, its header ``dataset.json``, and its tables as later stages read them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from ferfusion import __version__
from ferfusion.corpora.entries import LeftOut
from ferfusion.errors import DatasetError, FerfusionError
from ferfusion.files import check_kind_of_folder, no_such, read_json, write_json
from ferfusion.label_set import LabelSet
from ferfusion.outputs import is_new_or_empty
from ferfusion.preparation.clip_hashes import check_clips, clip_hashes
from ferfusion.preparation.clip_identities import identities_of_clips
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.subjects import read_subjects
from ferfusion.tables import Kind, read_table, refuse_rows

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
TABLES = ("data.csv", "frames.csv", "videos.csv")
"""The tables of a dataset of videos or photographs."""
SUBFOLDERS = ("clips", "imgs_flow", "imgs_spatial", ".rows")
"""The folders in which files are written one by one."""
_WHOLE, _NUMBERS, _BOX = (
    ("code", "segment", "frame", "pair", "frames", "faces", "pairs"),
    ("seconds", "fps"),
    "xywh",
)
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {**dict.fromkeys(_WHOLE, int), **dict.fromkeys((*_NUMBERS, *_BOX, "score"), float)}
)
"""The columns of the tables that are not text."""
_PAIR_TEXT = ("video", "clip", "subject", "emotion")
_HEADER_KEYS = MappingProxyType(
    {"complete": bool, "recipe": dict, "labels": list[str], "corpus": str, "counts": dict}
)


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
        """``votes.csv``: a row per video or image with votes of raters."""
        return self.root / "votes.csv"

    @property
    def subjects_file(self) -> Path:
        """``subjects.csv``: a row per person, with columns such as age or sex."""
        return self.root / "subjects.csv"

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
        actions: Estimator of the facial actions that its clips have; empty if they have none.
    """

    recipe: PrepareRecipe
    labels: LabelSet
    corpus: str
    counts: dict[str, Any]
    stills: bool = False
    actions: str = ""

    @cached_property
    def people_known(self) -> bool:
        """Whether its subjects are people; the subject of an image of unknown people is an image.

        It is the image itself, or the one that it is a copy of.
        """
        if not self.stills:
            return True
        subjects = set(self.pairs["subject"]) - set(self.pairs["video"])
        # a copy that is left out has no row in data.csv
        return bool(subjects) and not subjects <= set(self.videos["video"])

    @cached_property
    def has_official_parts_only(self) -> bool:
        """Whether it has still images of unknown people, which their makers divided into parts."""
        return self.stills and not self.people_known and bool((self.videos["part"] != "").any())

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """``data.csv``: a row per kept pair."""
        table = _read(self.pairs_file, columns=(*_PAIR_TEXT, "code", "pair"))
        _check_pairs(self.pairs_file, table, self.labels)
        return table

    @cached_property
    def frames(self) -> pd.DataFrame:
        """``frames.csv``: a row per decoded frame."""
        return _read(self.frames_file, columns=("video", "frame", "status"), gaps=(*_BOX, "score"))

    @cached_property
    def videos(self) -> pd.DataFrame:
        """``videos.csv``: a row per video of the corpus, and per file that is left out."""
        return _read(self.videos_file, columns=("video", "part"), gaps=tuple(_KINDS))

    @cached_property
    def clips(self) -> pd.DataFrame:
        """The identity of every clip (see ``identities_of_clips``)."""
        return identities_of_clips(self.pairs, clip_hashes(self.root))

    @cached_property
    def votes(self) -> pd.DataFrame | None:
        """``votes.csv``: a row per video or image, with the raters for each choice; None without."""
        return read_votes(self.votes_file) if self.votes_file.is_file() else None

    @cached_property
    def subjects(self) -> pd.DataFrame | None:
        """``subjects.csv``: a row per person, with columns such as age or sex; None without."""
        return read_subjects(self.subjects_file) if self.subjects_file.is_file() else None

    def check_votes_and_people(self) -> None:
        """Read both tables, before a long work that needs them at its end.

        Raises:
            DatasetError: one of them is damaged.
        """
        _ = self.votes, self.subjects


def further_columns(names: Iterable[str]) -> dict[str, str]:
    """Return the name in ``videos.csv`` of each further column of a corpus's table.

    A name that the tables of a dataset use, in any case, gets ``table_`` before it.

    >>> further_columns(["Age", "Status", "age"])
    {'Age': 'Age', 'Status': 'table_Status', 'age': 'table_age'}
    """
    taken = {*map(str.casefold, (*VIDEO_COLUMNS, *_KINDS))}
    column_of: dict[str, str] = {}
    for name in dict.fromkeys(names):
        column = name
        while column.casefold() in taken:
            column = f"table_{column}"
        taken.add(column.casefold())
        column_of[name] = column
    return column_of


def left_out_row(left: LeftOut, column_of: Mapping[str, str]) -> dict[str, str]:
    """Return the row of ``videos.csv`` for a file, a group of files or a row of a table that is not used.

    Args:
        left: It, and why.
        column_of: Name of the column of each further column of the corpus's table.
    """
    row = {"path": left.path, "subject": left.subject, "emotion": left.emotion}
    row |= {column_of[name]: cell for name, cell in left.further}
    return row | {"status": "left_out", "reason": left.reason}


def _read(path: Path, *, columns: Iterable[str], gaps: Collection[str] = ()) -> pd.DataFrame:
    return read_table(
        path, columns=columns, kind_of=_KINDS.get, gaps=gaps, advice="run ferfusion prepare again"
    )


def _check_pairs(path: Path, table: pd.DataFrame, labels: LabelSet) -> None:
    """Refuse pairs without an identity, of another class than their code's, or of no clip."""
    for name in _PAIR_TEXT:
        refuse_rows(path, table, table[name] == "", name, "is empty")
    expected = table["emotion"].map({name: code for code, name in enumerate(labels.names)})
    refuse_rows(path, table, expected.isna(), "emotion", f"is not one of {', '.join(labels.names)}")
    refuse_rows(path, table, expected != table["code"], "code", "does not fit the row's emotion")
    refuse_rows(path, table, table["pair"] < 0, "pair", "is no number of a pair")
    refuse_rows(
        path, table, table["clip"].str.contains(r"[/\\\0]|^\.", regex=True), "clip", "is no name of a clip"
    )


def read_votes(path: Path, *, error: type[FerfusionError] = DatasetError) -> pd.DataFrame:
    """Read ``votes.csv``: a row per video or image, with the number of votes for each choice.

    A cell is empty where raters were not offered the choice, as in a dataset of several.

    Raises:
        FerfusionError: ``error``, if the file is damaged, or a video comes twice.
    """
    table = read_table(
        path,
        columns=("video",),
        kind_of=lambda name: None if name == "video" else int,
        gaps=None,
        error=error,
        advice="delete it, and run the command that wrote it again",
    )
    refuse_rows(path, table, table.duplicated("video"), "video", "comes twice", error=error)
    choices = table.columns.drop("video")
    for name in choices:
        refuse_rows(path, table, table[name].lt(0).fillna(False), name, "is no number of votes", error=error)
    return table.astype({name: int for name in choices if not table[name].hasnans})


def open_dataset(root: Path) -> Dataset:
    """Open a dataset folder.

    Raises:
        DatasetError: there is none, it is unfinished, or another version wrote it.
    """
    path = DatasetFiles(root).header_file
    if not path.is_file():
        check_kind_of_folder(root, wanted="dataset", error=DatasetError)
        is_other = root.exists() and not root.is_dir()
        found = no_such(root, wanted="dataset folder") if is_other else f"{root} is not a dataset folder"
        why = "" if is_other else f" (no {path.name})"
        raise DatasetError(f"{found}{why}; make one with: ferfusion prepare")
    advice = "run ferfusion prepare again"
    schema = read_json(path, keys={"schema": int}, advice=advice)["schema"]
    if schema != SCHEMA:
        raise DatasetError(f"{root} has schema {schema}, this version reads {SCHEMA}")
    header: dict[str, Any] = {"stills": False, "actions": ""}
    header |= read_json(path, keys=_HEADER_KEYS, advice=advice)
    if not header["complete"]:
        raise DatasetError(f"{root} is unfinished; run the same ferfusion prepare again to finish it")
    check_clips(root, DatasetFiles(root).clips_folder)
    return Dataset(
        root,
        PrepareRecipe.from_dict(header["recipe"]),
        LabelSet(tuple(header["labels"])),
        header["corpus"],
        header["counts"],
        header["stills"] is True,
        str(header["actions"]),
    )


def check_dataset_folder(
    root: Path, *, corpus: str, labels: LabelSet, recipe: PrepareRecipe, actions: str = ""
) -> None:
    """Check that a folder is new or empty, or holds a dataset of the same settings or without any pair.

    Args:
        root: The dataset folder.
        corpus: Name of the layout of the corpus.
        labels: Classes to keep.
        recipe: Settings of preparation.
        actions: Estimator of the facial actions of its clips; empty for none.

    Raises:
        DatasetError: it holds another recipe's dataset, or files that are not a dataset.
    """
    path = DatasetFiles(root).header_file
    if not path.is_file():
        if not is_new_or_empty(root):
            raise DatasetError(f"{root} holds other files; name a new or empty folder")
        return
    if next(DatasetFiles(root).clips_folder.glob("*.safetensors"), None) is None:
        return  # a preparation that kept nothing binds no later one to its settings
    advice = "delete the folder, and prepare it again"
    header = read_json(path, keys=_HEADER_KEYS, advice=advice)
    differences = recipe.differences(PrepareRecipe.from_dict(header["recipe"]))
    if header["labels"] != list(labels.names):
        differences.append(f"the classes are {', '.join(header['labels'])}")
    if header["corpus"] != corpus:
        differences.append(f"the corpus is {header['corpus']!r}, expected {corpus!r}")
    if (before := header.get("actions", "")) != actions:
        differences.append(f"actions is {before or 'none'}, expected {actions or 'none'}")
    if differences:
        raise DatasetError(
            f"{root} was prepared with other settings ({'; '.join(differences)}); "
            "name another folder, or delete this one to prepare it again"
        )


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
    actions: str = "",
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
        actions: Estimator of the facial actions that the clips have; the key is absent if they have none.
    """
    header = {
        "schema": SCHEMA,
        "complete": complete,
        "recipe": recipe.to_dict(),
        "recipe_hash": recipe.hash,
        "labels": list(labels.names),
        "corpus": corpus,
        **({"stills": True} if stills else {}),
        **({"actions": actions} if actions else {}),
        "images": images,
        "counts": counts,
        "version": __version__,
    }
    write_json(DatasetFiles(root).header_file, header)
