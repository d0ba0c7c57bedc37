"""What scores and their report need to know of predictions, whoever made them: a training or any model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ferfusion.label_set import LabelSet
from ferfusion.parts import part_words


class Measured(Protocol):
    """Predictions of labelled videos, with the protocol by which they were made.

    A ``RunFolder`` is one: a training with the predictions of its own test people. A ``Measurement`` is one:
    any model on any dataset.
    """

    @property
    def title(self) -> str:
        """Its name in tables, pages and messages."""

    @property
    def labels(self) -> LabelSet:
        """The classes that are scored, in the order of their codes."""

    @property
    def predictions(self) -> pd.DataFrame:
        """A row per pair, with its part, true class, and a probability per class."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the predictions, the one that is the result first."""

    @property
    def majority_code(self) -> int:
        """What the majority baseline always answers."""

    @property
    def majority_rule(self) -> str:
        """How that class was chosen, such as "the most frequent class of the training part"."""

    @property
    def pairs_by_class(self) -> Mapping[str, Mapping[str, int]]:
        """The number of pairs of each class in each part, training included where it is known."""

    @property
    def protocol(self) -> str:
        """How the predictions were made, in one line."""

    @property
    def votes(self) -> pd.DataFrame | None:
        """The raters' votes on the videos or images, if there are any."""

    @property
    def subjects(self) -> pd.DataFrame | None:
        """The columns of people, such as age or sex, if there are any: a row per person."""

    @property
    def stills(self) -> bool:
        """Whether the rows are single images."""

    @property
    def people_known(self) -> bool:
        """Whether the subjects are people, and not single images."""

    @property
    def predicts_videos(self) -> bool:
        """Whether all pairs of a video share one prediction."""


@dataclass(frozen=True)
class Measurement:
    """A model measured on a dataset that need not be the one of its training.

    Attributes:
        model: Name of the model.
        model_sha256: SHA-256 of its file; empty if it has none.
        trained_on: The model's training as far as it is known, such as ``corpus`` and ``epochs``.
        dataset: The dataset's folder.
        corpus: Name of the layout of its corpus.
        identity: The dataset's identity.
        part: The measured part of its split, or ``all``.
        labels: The classes that model and dataset share, by the dataset's names.
        predictions: A row per pair.
        majority_code: What the majority baseline always answers.
        majority_rule: How that class was chosen.
        people_line: What is known of the people: whether the model has learned from any of them.
        unseen: Whether the model's own split keeps them out of its training.
        notes: What was left out or changed for the measurement, a sentence each.
        cautions: What to know before believing the scores, beside what follows from them.
        votes: The raters' votes on the videos or images, if there are any.
        subjects: The columns of people, if there are any.
        stills: Whether the dataset has single images.
        people_known: Whether its subjects are people.
        predicts_videos: Whether all pairs of a video share one prediction.
    """

    model: str
    model_sha256: str
    trained_on: Mapping[str, Any]
    dataset: Path
    corpus: str
    identity: str
    part: str
    labels: LabelSet
    predictions: pd.DataFrame
    majority_code: int
    majority_rule: str
    people_line: str
    unseen: bool = False
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    votes: pd.DataFrame | None = None
    subjects: pd.DataFrame | None = None
    stills: bool = False
    people_known: bool = True
    predicts_videos: bool = False

    @property
    def title(self) -> str:
        """The model and the dataset."""
        return f"{self.model} on {self.dataset.resolve().name}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The measured part."""
        return (self.part,)

    @property
    def pairs_by_class(self) -> dict[str, dict[str, int]]:
        """The number of pairs of each class."""
        counts = self.predictions["emotion"].value_counts()
        return {self.part: {name: int(counts.get(name, 0)) for name in self.labels.names}}

    @property
    def protocol(self) -> str:
        """What was measured, and what is known of the people, in one line."""
        rest = " ".join((self.people_line, *self.notes))
        where = part_words(self.part)
        return f"Protocol: {where} was predicted once; nothing was trained or chosen here. {rest}"

    def summary(self) -> dict[str, Any]:
        """Return the model, the dataset and the protocol, for ``measurement.json``."""
        return {
            "model": {"name": self.model, "sha256": self.model_sha256, "trained_on": dict(self.trained_on)},
            "dataset": {
                "path": self.dataset.resolve().as_posix(),
                "corpus": self.corpus,
                "identity": self.identity,
                "part": self.part,
            },
            "labels": list(self.labels.names),
            "majority": {"answer": self.labels.names[self.majority_code], "rule": self.majority_rule},
            "protocol": self.protocol,
        }
