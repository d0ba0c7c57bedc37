"""What the tables are made from: the predictions of every training or model of a result."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.label_set import LabelSet


@dataclass(frozen=True)
class Observed:
    """The predictions of one training or model.

    Attributes:
        keys: What they share: ``variant``, ``seed`` and ``fold``; None where there is none.
        pairs: A row per pair: ``part, video, subject, code, emotion, frame, seconds`` and a probability per
            class; the code is -1 where the true class is not known. Also ``clip``, ``face``, ``tested_on``.
        labels: The classes.
        votes: The raters' votes on the videos, if there are any.
        batch: Number of the batch of predict that they are of; empty without batches.
    """

    keys: Mapping[str, Any]
    pairs: pd.DataFrame
    labels: LabelSet
    votes: pd.DataFrame | None = None
    batch: str = ""


@dataclass(frozen=True)
class Result:
    """A result on disk: of a run, a measurement, a study or of predictions.

    Attributes:
        path: Its folder.
        labels: The classes of all predictions.
        variants: A row per variant, with the names of the columns as in the files.
        observe: Reads the predictions of one training or model after the other.
        trainings: Number of these.
        people: The columns of people, a row per person; None without.
        choices: What the raters of the votes chose; none without votes.
        people_known: Whether the subjects are people.
        optional: Columns that only some results have and this one has, such as ``tested_on``.
        settings: Further columns of ``variants``: settings that differ.
    """

    path: Path
    labels: LabelSet
    variants: pd.DataFrame
    observe: Callable[[], Iterator[Observed]]
    trainings: int = 1
    people: pd.DataFrame | None = None
    choices: tuple[str, ...] = ()
    people_known: bool = True
    optional: frozenset[str] = frozenset()
    settings: tuple[str, ...] = field(default=())
