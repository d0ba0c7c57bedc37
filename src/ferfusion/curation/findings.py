"""What a check of a dataset found: its tables, and its sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from ferfusion.curation.counts import classes_table, count_lines, people_table, split_of
from ferfusion.curation.lost_faces import loss_lines, lost_faces, worth_a_look
from ferfusion.curation.near_copies import copy_lines, near_copies
from ferfusion.curation.rated_videos import RATED_COLUMNS, RatedVideos, rate_videos, rater_lines
from ferfusion.curation.study_votes import DOUBT_COLUMNS, StudyVotes, ask_studies, doubt_lines
from ferfusion.evaluation.raters_text import OF_CORPUS
from ferfusion.preparation.dataset import Dataset
from ferfusion.progress import OnProgress, Progress, ignore_progress

TITLES = MappingProxyType(
    {
        "counts": "Classes and people",
        "copies": "Near copies",
        "labels": "Doubtful labels",
        "raters": "Raters",
        "faces": "Lost faces",
    }
)
"""The kinds of findings, in the order of the page."""
WITHOUT_STUDY = (
    "No study judged the labels. Run ferfusion study DATASET STUDY{folds} --seeds 3, then ferfusion check "
    "DATASET --study STUDY: a label that most models contradict, none of which has seen the {unseen}, is "
    "worth a look."
)
UNKNOWN_PEOPLE = "The people in the images are unknown: a model may have learned from the same person."
WITHOUT_VOTES = "The dataset has no votes of raters; docs/corpora.md says how a corpus brings them."


@dataclass(frozen=True)
class Findings:
    """The findings of a check.

    Attributes:
        dataset: The dataset.
        classes: A row per class.
        people: A row per person.
        copies: A row per video that has near-identical crops with another one.
        losses: A row per video that lost frames or is not used.
        votes: The labels, judged by the models of studies; None without a study.
        rated: The labels beside the raters' votes; None without votes.
        lines: Sentences for each key of ``TITLES``.
    """

    dataset: Dataset
    classes: pd.DataFrame
    people: pd.DataFrame
    copies: pd.DataFrame
    losses: pd.DataFrame
    votes: StudyVotes | None
    rated: RatedVideos | None
    lines: Mapping[str, Sequence[str]]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the name of their file; those of a study or of raters are empty without one."""
        doubts = pd.DataFrame(columns=list(DOUBT_COLUMNS)) if self.votes is None else self.votes.table
        rated = pd.DataFrame(columns=list(RATED_COLUMNS)) if self.rated is None else self.rated.table
        return {
            "classes": self.classes,
            "people": self.people,
            "copies": self.copies,
            "doubtful_labels": doubts,
            "rated": rated,
            "lost_faces": self.losses,
        }


def find(
    dataset: Dataset, studies: Sequence[Path] = (), *, on_progress: OnProgress = ignore_progress
) -> Findings:
    """Look at a dataset.

    Args:
        dataset: The dataset.
        studies: Folders of finished studies of it, whose models judge the labels.
        on_progress: Called before each step.

    Raises:
        DatasetError: a clip or a table is missing or damaged, or a study is of another dataset.
        RunError: a folder is no finished study of one dataset.
    """
    stills = dataset.stills
    dataset.check_votes_and_people()
    numbers = count()

    def step(key: str) -> None:
        on_progress(Progress("Checking", TITLES[key].lower(), next(numbers), len(TITLES), "steps"))

    step("labels")  # the first that can fail for another reason than the dataset
    votes = ask_studies(studies, dataset) if studies else None
    step("counts")
    losses = lost_faces(dataset)
    parts, no_split = split_of(dataset)
    classes, people = classes_table(dataset, losses, parts), people_table(dataset, losses)
    step("copies")
    copies = near_copies(dataset)
    step("raters")
    rated = rate_videos(dataset)
    step("faces")
    of_corpus = [OF_CORPUS[dataset.corpus]] if dataset.corpus in OF_CORPUS else []
    lines = {
        "counts": [*count_lines(dataset, classes, people), *([no_split] if no_split else [])]
        or ["Nothing stands out in the counts."],
        "copies": list(copy_lines(copies, stills=stills)),
        "labels": _label_lines(votes, dataset),
        "raters": [WITHOUT_VOTES] if rated is None else [*rater_lines(rated, stills=stills), *of_corpus],
        "faces": list(loss_lines(losses, dataset)),
    }
    on_progress(Progress("Checking", "page", len(TITLES), len(TITLES), "steps"))
    return Findings(dataset, classes, people, copies, worth_a_look(losses), votes, rated, lines)


def _label_lines(votes: StudyVotes | None, dataset: Dataset) -> list[str]:
    if votes is not None:
        unknown = [] if dataset.people_known else [UNKNOWN_PEOPLE]
        return [*doubt_lines(votes, stills=dataset.stills), *unknown]
    known = dataset.people_known
    folds, unseen = (" --folds 5", "person") if known else ("", "image")
    return [WITHOUT_STUDY.format(folds=folds, unseen=unseen)]
