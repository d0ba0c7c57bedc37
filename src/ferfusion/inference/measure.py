"""Measure a model on a prepared dataset: its prediction of every pair, whatever runs the model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.bundle import BundleInfo
from ferfusion.corpora.catalogue import STILLS_CORPORA
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import IDENTITY_COLUMNS
from ferfusion.errors import BundleError, DatasetError
from ferfusion.evaluation.learned import majority_rule
from ferfusion.evaluation.measured import Measurement
from ferfusion.evaluation.restricted import best_constant
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.files import sha256_of
from ferfusion.inference.predictor import SHIPPED, Predictor, VideoPredictor
from ferfusion.inference.shared_classes import SharedClasses, shared_classes
from ferfusion.inference.training_overlap import Origin, Overlap, check_overlap, origin_of
from ferfusion.label_set import LabelSet
from ferfusion.parts import ALL, part_words
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.identity import dataset_identity
from ferfusion.progress import OnProgress, Progress, ignore_progress
from ferfusion.reporting.words import counted, listed
from ferfusion.splits.learned_clips import known_clips
from ferfusion.splits.split import read_splits

BATCH_ROWS = 256
_OF_A_FACE = ("size", "detector", "detector_sha256", "margin", "min_face")
_LEAST = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Measurable:
    """What a model is measured on.

    Attributes:
        origin: What is known of its training.
        classes: The classes that model and dataset share.
        part: The measured part.
        rows: The pairs of these classes.
        left_out: Number of the other pairs.
        overlap: Whether the model has learned from these people.
    """

    origin: Origin
    classes: SharedClasses
    part: str
    rows: pd.DataFrame
    left_out: int
    overlap: Overlap


def measure(
    predictor: Predictor,
    dataset: Dataset,
    *,
    part: str = "",
    parts: Mapping[str, str] | None = None,
    run: RunFolder | None = None,
    file: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Measurement:
    """Return the predictions of a model on a part of a dataset, with the protocol of the measurement.

    Scored are the classes that both have, by name; a class without any pair is none of the dataset's. The
    probabilities are those before the model's temperature, as in ``predictions.csv`` of a run: the
    temperature never changes the top class of a pair, and was fitted for single frames.

    Args:
        predictor: The model.
        dataset: The dataset, prepared as the model's training data.
        part: Part of its split, or ``all``; by default, test if it is split, and all if not. For a run and
            the dataset of its training, the split is the one that the run was trained on.
        parts: Clip to part, of a comparison whose models are all measured on the same people; by default, as
            said above.
        run: The run folder of the model, if it lies in one.
        file: The file of the model, for the record and for messages.
        on_progress: Called after every batch.

    Raises:
        BundleError: the dataset was prepared in another way than the model's training data.
        DatasetError: the dataset has no such part, fewer than two of the model's classes, or people that the
            model has learned from.
    """
    ready = check_measurable(predictor, dataset, part=part, parts=parts, run=run, file=file)
    origin, classes, part, rows, overlap = ready.origin, ready.classes, ready.part, ready.rows, ready.overlap
    probabilities = predict_rows(predictor, dataset, rows, on_progress=on_progress)
    table = _prediction_table(rows, classes, probabilities, part=part)
    code, rule = _majority(origin.class_counts, classes, predictor.info, table)
    return Measurement(
        model="shipped" if file == SHIPPED else predictor.name,
        model_sha256=sha256_of(file) if file else "",
        trained_on=origin.summary,
        dataset=dataset.root,
        corpus=dataset.corpus,
        identity=dataset_identity(dataset),
        part=part,
        labels=classes.labels,
        predictions=table,
        majority_code=code,
        majority_rule=rule,
        people_line=overlap.line,
        unseen=overlap.unseen,
        notes=(
            *_notes(classes, probabilities, left_out=ready.left_out),
            *_fitted_on(predictor.info, dataset, rows, part),
        ),
        cautions=(*overlap.cautions, *_input_cautions(predictor.info, dataset)),
        votes=dataset.votes,
        subjects=dataset.subjects,
        stills=dataset.stills,
        people_known=dataset.people_known,
        predicts_videos=isinstance(predictor, VideoPredictor),
    )


def check_measurable(
    predictor: Predictor,
    dataset: Dataset,
    *,
    part: str = "",
    parts: Mapping[str, str] | None = None,
    run: RunFolder | None = None,
    file: Path | None = None,
) -> Measurable:
    """Return what a model is measured on, without a prediction; arguments and errors as of ``measure``."""
    check_preparation(predictor.info, dataset, file=file)
    dataset.check_votes_and_people()
    origin = origin_of(predictor.info.training, dataset, run=run)
    labels = dataset.labels if origin.parts else _present(dataset)
    classes = shared_classes(predictor.info.labels, labels)
    if parts is None:
        parts = origin.parts
    elif origin.parts != parts:
        origin = replace(origin, parts=None)  # a part of the same name has other people
    if parts is None and dataset.splits_file.is_file():
        parts = read_splits(dataset)
    part = _chosen_part(part, parts, dataset)
    rows = _rows(dataset, parts, part)
    overlap = check_overlap(origin, dataset, rows, part=part)
    known = rows["emotion"].isin(classes.labels.names)
    rows = rows[known]
    if rows.empty:
        raise DatasetError(f"{dataset.root} has no pair of {', '.join(classes.labels.names)} to measure")
    return Measurable(origin, classes, part, rows, int((~known).sum()), overlap)


def check_preparation(info: BundleInfo, dataset: Dataset, *, file: Path | None = None) -> None:
    """Check that a dataset was prepared as the model's input is, in all settings that change this input.

    Which pairs were kept does not matter, nor does the flow to a model that reads none. Images that show only
    the face, such as those of FER2013, have nothing but a size.

    Raises:
        BundleError: a setting differs; the message names it, and the command that prepares the dataset.
    """
    settings = [*_OF_A_FACE]
    if not dataset.stills:
        settings += ["smoothing", *(("flow", "flow_size") if info.reads_flow else ())]
    if dataset.corpus in STILLS_CORPORA:
        settings = ["size"]
    expected, found = info.prepare_recipe, dataset.recipe
    differences = [
        f"{name} is {getattr(found, name)!r}, expected {getattr(expected, name)!r}"
        for name in settings
        if getattr(found, name) != getattr(expected, name)
    ]
    if info.reads_actions and dataset.actions != info.actions:
        differences.append(f"actions is {dataset.actions!r}, expected {info.actions!r}")
    if differences:
        raise BundleError(
            f"{dataset.root} was prepared in another way than the model's training data: "
            f"{'; '.join(differences)}. Prepare it for the model: ferfusion prepare CORPUS NEW_DATASET --for "
            f"{'shipped' if file == SHIPPED else file or 'MODEL'}"
        )


def predict_rows(
    predictor: Predictor, dataset: Dataset, rows: pd.DataFrame, *, on_progress: OnProgress = ignore_progress
) -> NDArray[np.float64]:
    """Return the probabilities (R, C) of rows of the pair table, without the model's temperature.

    Args:
        predictor: The model; one that predicts whole videos gives all pairs of a video the same.
        dataset: The dataset.
        rows: Rows of its pair table.
        on_progress: Called after every batch.
    """
    reader = PairReader(dataset.clips_folder, list(rows["clip"]), list(rows["pair"]))
    found = np.empty((len(rows), len(predictor.info.labels)), np.float32)
    done = 0
    for places in _batches(rows, whole_videos=isinstance(predictor, VideoPredictor)):
        crops, flow = reader.gather(places)
        if isinstance(predictor, VideoPredictor):
            clips = rows.iloc[places]
            segments = clips.groupby(["clip", "segment"], sort=False).ngroup().to_numpy().astype(np.int64)
            found[places] = predictor.predict_video(crops, flow, segments)
        else:
            info = predictor.info
            windows = None
            if info.window:
                windows = reader.gather_windows(
                    places, frames=info.window, step=info.frame_step, curves=info.reads_actions
                )
            found[places] = predictor.predict(crops, flow if info.reads_flow else None, windows)
        done += len(places)
        on_progress(Progress("Predicting", dataset.root.name, done, len(rows), "pairs"))
    return without_temperature(found, predictor.info.calibration.temperature)


def without_temperature(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Return the softmax (B, C) of the logits, from that of the logits divided by a temperature.

    >>> warm = np.exp([[1.0, 0.5]]) / np.exp([[1.0, 0.5]]).sum()
    >>> bool(np.isclose(without_temperature(warm, 2.0)[0, 0], np.e**2 / (np.e**2 + np.e)))
    True
    """
    given = probabilities.astype(np.float64)
    if temperature == 1:
        return given
    logits = temperature * np.log(np.maximum(given, _LEAST))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _batches(rows: pd.DataFrame, *, whole_videos: bool) -> Iterator[NDArray[np.int64]]:
    """Yield the places of rows that are predicted at once."""
    if whole_videos:
        yield from (np.asarray(places) for places in rows.reset_index().groupby("video").indices.values())
        return
    places = np.arange(len(rows))
    yield from (places[start : start + BATCH_ROWS] for start in range(0, len(rows), BATCH_ROWS))


def _present(dataset: Dataset) -> LabelSet:
    """Return the classes of which a dataset has any pair; all of its classes if it has a single one."""
    present = set(dataset.pairs["emotion"])
    return (
        LabelSet(tuple(name for name in dataset.labels.names if name in present))
        if len(present) > 1
        else dataset.labels
    )


def _chosen_part(part: str, parts: Mapping[str, str] | None, dataset: Dataset) -> str:
    if parts is None:
        if part in ("", ALL):
            return ALL
        raise DatasetError(
            f"{dataset.root} is not split, so it has no {part} part; measure --part all, or divide it with: "
            f"ferfusion split {dataset.root}"
        )
    part = part or "test"
    there = sorted(set(parts.values()))
    if part != ALL and part not in there:
        raise DatasetError(f"{dataset.root} has no {part} part; choose --part {' or '.join([*there, ALL])}")
    return part


def _rows(dataset: Dataset, parts: Mapping[str, str] | None, part: str) -> pd.DataFrame:
    pairs = dataset.pairs
    if part == ALL or parts is None:
        return pairs
    return pairs[pairs["clip"].map(dict(parts)) == part]


def _prediction_table(
    rows: pd.DataFrame, classes: SharedClasses, probabilities: NDArray[np.float64], *, part: str
) -> pd.DataFrame:
    table = rows[list(IDENTITY_COLUMNS)].reset_index(drop=True)
    table["code"] = table["emotion"].map(classes.labels.code).astype(np.int64)
    table.insert(0, "part", part)
    shared = classes.restricted(probabilities)
    table[list(classes.labels.probability_columns)] = shared
    table["expression"] = np.array(classes.labels.names)[shared.argmax(axis=1)]
    return table


def _majority(
    counts: Mapping[str, int], classes: SharedClasses, info: BundleInfo, table: pd.DataFrame
) -> tuple[int, str]:
    """Return what the majority baseline answers, and how that was chosen."""
    trained = [counts.get(info.labels.names[output], 0) for output in classes.outputs]
    if any(trained):
        known = {
            info.labels.names[output]: count for output, count in zip(classes.outputs, trained, strict=True)
        }
        return int(np.argmax(trained)), majority_rule(known, of="the model's training part")
    code, rule = best_constant(table, classes.labels)
    return code, (
        f"{rule}, than which no other constant answer is better (the class counts of the model's training "
        "are not known)"
    )


def _notes(classes: SharedClasses, probabilities: NDArray[np.float64], *, left_out: int) -> Iterator[str]:
    if classes.model_only:
        outside = int(classes.outside(probabilities).sum())
        yield (
            f"The dataset has no {listed(classes.model_only)}: the probabilities of the other classes are "
            f"divided by their sum; the model's top class was {' or '.join(classes.model_only)} in "
            f"{outside:,} of {counted(len(probabilities), 'pair')}."
        )
    if classes.dataset_only:
        yield (
            f"The model has no {listed(classes.dataset_only)}: {counted(left_out, 'pair')} of "
            f"{'it' if len(classes.dataset_only) == 1 else 'them'} left out."
        )


def _fitted_on(info: BundleInfo, dataset: Dataset, rows: pd.DataFrame, part: str) -> Iterator[str]:
    fitted = known_clips(dataset, info.training.get("calibrated_clips", []))
    if fitted and not fitted.isdisjoint(rows["clip"]):
        yield (
            f"The model's temperature and thresholds were fitted on {'' if part != ALL else 'clips of '}"
            f"{part_words(part)}."
        )


def _input_cautions(info: BundleInfo, dataset: Dataset) -> Iterator[str]:
    if dataset.stills and (info.reads_flow or info.window):
        yield "The model reads motion, and single images have none: it was given faces that do not move."
