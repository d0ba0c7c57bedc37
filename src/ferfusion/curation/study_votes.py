"""What the models of studies say to the labels of a dataset: each speaks of people whom it has not seen."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ferfusion.curation.doubtful_labels import LEAST_VOTERS, Judged, judge_labels
from ferfusion.errors import DatasetError, RunError
from ferfusion.evaluation.learned import beats, reaches_baseline
from ferfusion.evaluation.metrics import FloatArray
from ferfusion.evaluation.uncertainty import Interval
from ferfusion.files import no_such
from ferfusion.label_set import LabelSet
from ferfusion.preparation.dataset import Dataset
from ferfusion.reporting.words import counted, counted_are, examples
from ferfusion.studies.study_folder import StudyFolder, prediction_kind
from ferfusion.tables import read_table

DOUBT_COLUMNS = (
    *("video", "subject", "emotion", "named", "models", "against", "naming"),
    *("p_label", "p_named", "confident"),
)
LEAST_WAR = 0.5
"""Accuracy that a model must exceed to judge: most of several worse ones contradict most correct labels."""
_SCORE = ("value", "low", "high", "baseline")
_ADVICE = "run the study again"


@dataclass(frozen=True)
class Variant:
    """A variant or model of a study, and whether it may judge labels.

    Attributes:
        study: Name of the study's folder.
        name: Its name there.
        seeds: Its trainings.
        scores: ``uar`` and ``war`` per video, each with value, low, high and baseline.
        why_not: Why it does not judge; empty if it does.
    """

    study: str
    name: str
    seeds: int
    scores: dict[str, dict[str, float]]
    why_not: str


@dataclass(frozen=True)
class StudyVotes:
    """The labels of a dataset, judged by the models of studies.

    Attributes:
        variants: The variants and models of all studies.
        table: A row per contradicted video, the most doubtful first.
        judged: Videos with enough models.
        videos: Videos of the dataset.
        expected: How many contradictions are expected if all labels are correct: see ``Judged``.
        cautions: What to know before believing it, a sentence each.
    """

    variants: tuple[Variant, ...]
    table: pd.DataFrame
    judged: int
    videos: int
    expected: tuple[float, float]
    cautions: tuple[str, ...]

    @property
    def confident(self) -> int:
        """Contradicted videos that confident learning also counts to the named class."""
        return int(self.table["confident"].sum())


def ask_studies(folders: Sequence[Path], dataset: Dataset) -> StudyVotes:
    """Return the votes of the models of some studies on the labels of a dataset.

    Every seed of a variant that may judge is a model. A training with the predictions of another one, as in a
    copy of a study, is the same training and counts once. Videos whose subject is another one than in the
    study are left out, because the model may have seen the person.

    Raises:
        RunError: a folder is no finished study of one dataset, or a table is damaged.
        DatasetError: a study has other classes, or no video of the dataset.
    """
    videos = dataset.pairs.drop_duplicates("video").set_index("video")[["subject", "emotion", "code"]]
    variants: list[Variant] = []
    votes: list[FloatArray] = []
    cautions: list[str] = []
    known: dict[bytes, str] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        own = list(_variants(StudyFolder(folder)))
        tables = {
            each.name: _predictions(StudyFolder(folder), each.name, dataset)
            for each in own
            if not each.why_not
        }
        cautions += _cautions(folder, list(tables.values()), videos)
        for each in own:
            if each.why_not:
                variants.append(each)
                continue
            new, same = _new_trainings(tables[each.name], videos, dataset.labels, known, each)
            votes += new
            words = f"the same trainings as {examples(list(same))}, which count once" if same else ""
            if same and new:
                cautions.append(f"{each.study}: {each.name} has {words}.")
            variants.append(each if new else replace(each, why_not=words))
    empty = np.full((0, len(videos), len(dataset.labels)), np.nan)
    judged = judge_labels(
        np.stack(votes) if votes else empty,
        videos["code"].to_numpy(np.int64),
        pd.factorize(videos["subject"])[0] if dataset.people_known else None,
    )
    return StudyVotes(
        tuple(variants),
        _doubts(judged, videos, dataset.labels),
        int(judged.judged.sum()),
        len(videos),
        judged.expected,
        tuple(cautions),
    )


def _new_trainings(
    table: pd.DataFrame, videos: pd.DataFrame, labels: LabelSet, known: dict[bytes, str], variant: Variant
) -> tuple[list[FloatArray], dict[str, None]]:
    """Return the votes of each seed of a variant without trainings that count already, and whose these are.

    Args:
        table: Its predictions; the rows of each seed and fold are of a training.
        videos: The videos of the dataset.
        labels: Its classes.
        known: The variant by the predictions of each training that counts; the new ones are added.
        variant: The variant.
    """
    new: list[FloatArray] = []
    same: dict[str, None] = {}
    for _, of_seed in table.groupby("seed"):
        votes = _aligned(of_seed, videos, labels)
        for _, of_fold in of_seed.groupby("fold") if "fold" in of_seed else ((0, of_seed),):
            rows = np.flatnonzero(videos.index.isin(of_fold["video"]) & np.isfinite(votes).all(axis=1))
            content = hashlib.sha256(rows.tobytes() + votes[rows].tobytes()).digest()
            if content in known:
                same[known[content]] = None
                votes[rows] = np.nan
            known.setdefault(content, f"{variant.name} of {variant.study}")
        if np.isfinite(votes).any():
            new.append(votes)
    return new, same


def _variants(files: StudyFolder) -> Iterator[Variant]:
    if not files.path.is_dir():
        raise RunError(f"{no_such(files.path, wanted='study')}; name the folder of a study")
    if files.table_file("cross").is_file():
        raise RunError(f"{files.path} is a study across corpora; name a study of this dataset alone")
    table = files.read_report("variants", used=("level", "variant", "metric", *_SCORE, "seeds"))
    unseen = _unseen(files)
    videos = table[table["level"] == "video"]
    for name, rows in videos.groupby("variant", sort=False):
        scores = {
            str(row["metric"]): {key: float(row[key]) for key in _SCORE} for row in rows.to_dict("records")
        }
        yield Variant(
            files.path.name,
            str(name),
            int(rows["seeds"].iloc[0]),
            scores,
            _why_not(scores, unseen=unseen.get(str(name), True)),
        )


def _unseen(files: StudyFolder) -> dict[str, bool]:
    """Return for each model of a study of models whether it has learned from none of the people."""
    if not files.table_file("models").is_file():
        return {}
    table = files.read_report("models", used=("variant", "unseen"))
    return dict(zip(table["variant"], table["unseen"], strict=True))


def _why_not(scores: Mapping[str, Mapping[str, float]], *, unseen: bool) -> str:
    uar = scores["uar"]
    if not unseen:
        return "may have learned from these people"
    if not beats(uar["value"], uar["baseline"]):
        return "near chance: not above the baseline"
    if reaches_baseline(Interval(uar["low"], uar["high"]), uar["baseline"]):
        return "near chance: its interval reaches the baseline"
    if not beats(scores["war"]["value"], LEAST_WAR):
        return "wrong about half of the videos or more"
    return ""


def _predictions(files: StudyFolder, name: str, dataset: Dataset) -> pd.DataFrame:
    path = files.predictions_file(name, "video")
    table = read_table(
        path, columns=("seed", "video", "subject", "emotion"), kind_of=prediction_kind, error=RunError,
        advice=_ADVICE,
    )  # fmt: skip
    columns = {column for column in table.columns if column.startswith("p_")}
    if unknown := columns - set(dataset.labels.probability_columns):
        raise DatasetError(
            f"{path} has probabilities of classes that {dataset.root} does not have: "
            f"{', '.join(sorted(unknown))}; name a study of this dataset"
        )
    return table


def _cautions(folder: Path, tables: Sequence[pd.DataFrame], videos: pd.DataFrame) -> Iterator[str]:
    """Yield what differs between a study and the dataset of today.

    Raises:
        DatasetError: they have no video in common.
    """
    if not tables:
        return
    predicted = pd.concat([table[["video", "subject", "emotion"]] for table in tables]).drop_duplicates(
        "video"
    )
    predicted = predicted.set_index("video")
    both = predicted.add_suffix("_then").join(videos, how="inner")
    if both.empty:
        raise DatasetError(f"{folder} has no prediction of a video of this dataset; name a study of it")
    for count, what in (
        (len(predicted) - len(both), "in the study and no longer in the dataset, and not judged by it"),
        (
            int((both["subject_then"] != both["subject"]).sum()),
            "of another subject now, and not judged by it",
        ),
        (
            int((both["emotion_then"] != both["emotion"]).sum()),
            "of another label now, which is the judged one",
        ),
    ):
        if count:
            yield f"{folder.name}: {counted_are(count, 'video')} {what}."


def _aligned(table: pd.DataFrame, videos: pd.DataFrame, labels: LabelSet) -> FloatArray:
    """Return the probabilities (N, C) of a model in the order of the videos; nan where it predicts none."""
    table = table.drop_duplicates("video").set_index("video")
    known = table["subject"].reindex(videos.index) == videos["subject"]
    columns = list(labels.probability_columns)
    # a study of models has the classes that all of them share; the others have no probability
    probabilities = table.reindex(columns=columns, fill_value=0.0).reindex(videos.index).to_numpy(float)
    return np.where(known.to_numpy()[:, None], probabilities, np.nan)


def _doubts(judged: Judged, videos: pd.DataFrame, labels: LabelSet) -> pd.DataFrame:
    rows = np.flatnonzero(judged.contradicted)
    codes = videos["code"].to_numpy(np.int64)[rows]
    named = judged.named[rows]
    table = videos.iloc[rows].reset_index()[["video", "subject", "emotion"]].assign(
        named=np.array(labels.names, dtype=object)[named],
        models=judged.voters[rows],
        against=judged.against[rows],
        naming=judged.naming[rows],
        p_label=judged.mean[rows, codes],
        p_named=judged.mean[rows, named],
        confident=judged.confident[rows],
    )  # fmt: skip
    order = np.lexsort((judged.margin[rows], ~judged.confident[rows]))
    return table.iloc[order].reset_index(drop=True)[list(DOUBT_COLUMNS)]


def doubt_lines(votes: StudyVotes, *, stills: bool) -> Iterator[str]:
    """Yield how many labels were judged, contradicted, and expected to be, a sentence each."""
    noun = "image" if stills else "video"
    silent = [each for each in votes.variants if each.why_not]
    if silent:
        yield (
            f"{len(silent)} of {counted(len(votes.variants), 'variant')} may not judge: "
            f"{examples([f'{each.name} ({each.why_not})' for each in silent])}."
        )
    if not votes.judged:
        yield (
            f"No label was judged: a {noun} needs predictions of {LEAST_VOTERS} models that may judge. Each "
            "seed of a variant is a model."
        )
        return
    low, high = (round(number) for number in votes.expected)
    yield (
        f"{len(votes.table):,} of {counted(votes.judged, 'judged label')} contradicted by most models, "
        f"{votes.confident:,} of them also by confident learning. If all labels were correct, the errors of "
        f"these models alone would contradict {low if low == high else f'{low} to {high}'}."
    )
    if votes.judged < votes.videos:
        folds = "" if stills else " A study with --folds 5 predicts every person."
        yield (
            f"{votes.videos - votes.judged:,} of {counted(votes.videos, noun)} not judged: too few models "
            f"predict them.{folds}"
        )
    yield from votes.cautions
