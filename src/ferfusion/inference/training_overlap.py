"""What a model has learned from, and whether a dataset that it is measured on has any of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ferfusion.corpora.catalogue import LAYOUTS_OF_MANY
from ferfusion.errors import DatasetError
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.parts import ALL, part_words
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.identity import dataset_identity, read_clip_identities
from ferfusion.reporting.words import counted, examples
from ferfusion.splits.kept_split import changes_since
from ferfusion.splits.learned_clips import fingerprints, learned_subjects
from ferfusion.splits.split import parts_hash, read_splits

_START = ("The training of this model started from another model, whose own training data are not checked.",)
_NO_CLIP = (
    "None of its clips is in the model's training; re-encoded or cut copies, and other videos of the same "
    "people, would not be noticed."
)
_SAME_CORPUS = (
    "This model was trained on other videos of {}. If they are of the same people, its scores are too high."
)
_SUMMARY = ("corpus", "dataset_identity", "split_hash", "epochs", "best_epoch", "imported_from", "note")


@dataclass(frozen=True)
class Origin:
    """What is known of the training of a model.

    Attributes:
        corpus: Name of the layout of its corpus; empty if nothing is known.
        clips: Fingerprints of the clips that it learned from or that chose its epoch; empty if not known.
        class_counts: Pairs of each class in its training part; empty if not known.
        parts: Clip to part in its training, if the measured dataset is the one that it was trained on.
        is_same_dataset: Whether the measured dataset is the one that it was trained on.
        starts_from_model: Whether its weights come from another training.
        summary: What to write down about it.
    """

    corpus: str = ""
    clips: tuple[str, ...] = ()
    class_counts: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, str] | None = None
    is_same_dataset: bool = False
    starts_from_model: bool = False
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Overlap:
    """Whether a model has learned from the people that it is measured on.

    Attributes:
        line: What is known, in a sentence.
        unseen: Whether the model's own split keeps them out of its training.
        cautions: What cannot be told, a sentence or two each.
    """

    line: str
    unseen: bool = False
    cautions: tuple[str, ...] = ()


def origin_of(training: TrainingSummary, dataset: Dataset, *, run: RunFolder | None = None) -> Origin:
    """Return what is known of the training of a model, from its file and its run folder.

    Args:
        training: The summary in its file.
        dataset: The dataset that it is measured on.
        run: Its run folder, if it lies in one.

    Raises:
        RunError: the run folder is damaged.
    """
    clips = list(training.get("learned_clips", []))
    counts: Mapping[str, int] = training.get("class_counts", {})
    identity = training.get("dataset_identity", "")
    is_same = bool(identity) and identity == dataset_identity(dataset)
    parts: Mapping[str, str] | None = None
    if run is not None:
        if not clips:
            kept = read_clip_identities(run.splits_file, further=("part", "crops"))
            clips = fingerprints(kept.loc[kept["part"] != "test", "crops"])
        counts = counts or run.class_counts("train")
        is_same = not changes_since(run.splits_file, dataset)
        parts = read_splits(dataset, run.splits_file) if is_same else None
    elif is_same and dataset.splits_file.is_file():
        own = read_splits(dataset)
        parts = own if parts_hash(own) == training.get("split_hash") else None
    return Origin(
        corpus="" if "imported_from" in training else training.get("corpus", ""),
        clips=tuple(clips),
        class_counts=counts,
        parts=parts,
        is_same_dataset=is_same,
        starts_from_model="start_from_sha256" in training.get("start", {}),
        summary={key: value for key, value in training.items() if key in _SUMMARY},
    )


def check_overlap(origin: Origin, dataset: Dataset, rows: pd.DataFrame, *, part: str) -> Overlap:
    """Refuse to measure a model on what it has learned from, as far as this is known.

    Args:
        origin: What is known of its training.
        dataset: The dataset.
        rows: The measured rows of its pair table.
        part: The part that they are of.

    Raises:
        DatasetError: the model has learned from a person of these rows, or the part chose its epoch.
    """
    cautions = _START if origin.starts_from_model else ()
    if origin.parts is not None:
        if part != "test":
            raise DatasetError(_why_not(part, dataset, has_test="test" in origin.parts.values()))
        own = "It is the test part of the model's own training, which learned and chose nothing from it."
        return Overlap(own, unseen=not cautions, cautions=cautions)
    subjects = learned_subjects(dataset, rows, origin.clips)
    if subjects:
        nouns = counted(len(subjects), "person" if dataset.people_known else "image")
        raise DatasetError(
            f"The model has learned from {nouns} of {_place(part, dataset)}: {examples(subjects)}; "
            "measure it on other people"
        )
    if subjects is not None:
        if origin.corpus == dataset.corpus and origin.corpus not in LAYOUTS_OF_MANY:
            cautions = (*cautions, _SAME_CORPUS.format(origin.corpus))
        return Overlap(_NO_CLIP, cautions=cautions)
    if origin.is_same_dataset:
        raise DatasetError(
            f"The model was trained on {dataset.root}, with another split that is not known; name its run "
            "folder, which keeps the split"
        )
    return _unchecked(origin, dataset, cautions)


def _why_not(part: str, dataset: Dataset, *, has_test: bool) -> str:
    role = "chose the model's epoch" if part == "validation" else "trained the model"
    advice = "measure --part test" if has_test else "measure it on another dataset"
    what = f"A part of {dataset.root}" if part == ALL else f"The {part} part of {dataset.root}"
    return f"{what} {role}, and cannot measure it; {advice}"


def _place(part: str, dataset: Dataset) -> str:
    """Return the measured part as words of a sentence."""
    return str(dataset.root) if part == ALL else f"{part_words(part)} of {dataset.root}"


def _unchecked(origin: Origin, dataset: Dataset, cautions: tuple[str, ...]) -> Overlap:
    line = "Whether the model has learned from any of its people cannot be checked."
    too_high = "If it has learned from these people, or they chose its epoch, its scores are too high."
    if not origin.corpus:
        found = f"What this model was trained on is not known. {too_high}"
    elif origin.corpus == dataset.corpus:
        found = (
            f"This model was trained on a corpus of the same layout, {origin.corpus}, and its file does not "
            f"tell which people are in its training. {too_high}"
        )
    elif LAYOUTS_OF_MANY.intersection((origin.corpus, dataset.corpus)):
        found = f"This model was trained on a corpus of the layout {origin.corpus}. {too_high}"
    else:
        return Overlap(
            f"The model was trained on another corpus, {origin.corpus}; that nobody is in both was not "
            "checked.",
            cautions=cautions,
        )
    return Overlap(line, cautions=(*cautions, found))
