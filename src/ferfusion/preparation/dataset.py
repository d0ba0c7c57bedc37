"""A prepared dataset folder as the later stages see it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.files import read_json
from ferfusion.labels import LabelSet
from ferfusion.preparation.recipe import PrepareRecipe

SCHEMA = 1


@dataclass(frozen=True)
class Dataset:
    """A complete dataset folder; its tables are read when they are asked for.

    A dataset of ``stills`` has images in place of pairs, and no flow.
    """

    root: Path
    recipe: PrepareRecipe
    labels: LabelSet
    corpus: str
    counts: dict[str, Any]
    stills: bool = False

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """``data.csv``: a row per kept pair."""
        return self.read_table("data.csv")

    @cached_property
    def votes(self) -> pd.DataFrame | None:
        """``votes.csv``: a row per image, with the number of annotators for each expression; None without."""
        return self.read_table("votes.csv") if (self.root / "votes.csv").is_file() else None

    @cached_property
    def videos(self) -> pd.DataFrame:
        """``videos.csv``: a row per video or annotation row of the corpus."""
        return self.read_table("videos.csv")

    def read_table(self, name: str) -> pd.DataFrame:
        """Return a table of the folder; what names something is text.

        Raises:
            DatasetError: there is no such table.
        """
        path = self.root / name
        if not path.is_file():
            raise DatasetError(f"There is no {name} in {self.root}; run ferfusion prepare again")
        text = dict.fromkeys(("video", "clip", "subject", "emotion", "part", "status", "reason", "note"), str)
        return pd.read_csv(path, dtype=text, keep_default_na=False, na_values={"fps": [""], "code": [""]})

    def clip_file(self, clip: str) -> Path:
        """Return where the arrays of a clip are."""
        return self.root / "clips" / f"{clip}.safetensors"


def open_dataset(root: Path) -> Dataset:
    """Open a dataset folder.

    Raises:
        DatasetError: there is none, it is unfinished, or another version wrote it.
    """
    if not (root / "dataset.json").is_file():
        raise DatasetError(
            f"{root} is not a dataset folder (no dataset.json); make one with: ferfusion prepare"
        )
    header = read_json(root / "dataset.json")
    if header.get("schema") != SCHEMA:
        raise DatasetError(f"{root} has schema {header.get('schema')}, this version reads {SCHEMA}")
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
