"""Fit the temperature and the thresholds of a model on a prepared dataset, whatever runs the model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferfusion.data.pairs import IDENTITY_COLUMNS
from ferfusion.errors import DatasetError
from ferfusion.evaluation.calibration import COOLEST, HOTTEST
from ferfusion.evaluation.model_calibration import Calibration, fit_calibration
from ferfusion.inference.measure import check_preparation, predict_rows
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.shared_classes import shared_classes
from ferfusion.preparation.dataset import Dataset
from ferfusion.progress import OnProgress, ignore_progress
from ferfusion.reporting.words import counted
from ferfusion.splits.learned_clips import learned_clips
from ferfusion.splits.split import read_splits

_VALIDATION = "validation"


@dataclass(frozen=True)
class FittedCalibration:
    """A calibration, and what it was fitted on.

    Attributes:
        calibration: Temperature and thresholds.
        line: What it was fitted on, and what it changes, in a sentence.
        clips: Fingerprints of the clips that it was fitted on (see ``learned_clips``).
    """

    calibration: Calibration
    line: str
    clips: tuple[str, ...] = ()


def calibrate(
    predictor: Predictor,
    dataset: Dataset,
    *,
    file: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> FittedCalibration:
    """Fit a model's calibration on the validation part of a dataset, or on all of it if it is not split.

    The test part is never used. Pairs of a class that the model does not have are left out.

    Args:
        predictor: The model.
        dataset: The dataset, prepared as the model wants it.
        file: The model's file, for messages.
        on_progress: Called after every batch.

    Raises:
        BundleError: the dataset was prepared in another way than the model wants.
        DatasetError: the dataset has no validation part, or no pair of the model's classes in it.
    """
    check_preparation(predictor.info, dataset, file=file)
    classes = shared_classes(predictor.info.labels, dataset.labels)
    rows, of = dataset.pairs, str(dataset.root)
    if dataset.splits_file.is_file():
        rows = rows[rows["clip"].map(dict(read_splits(dataset))) == _VALIDATION]
        of = f"the validation part of {of}"
    rows = rows[rows["emotion"].isin(classes.labels.names)]
    if rows.empty:
        raise DatasetError(
            f"There is no pair of {', '.join(classes.labels.names)} in {of}; calibrate on another dataset"
        )
    labels = predictor.info.labels
    table = rows[list(IDENTITY_COLUMNS)].reset_index(drop=True)
    outputs = dict(zip(classes.labels.names, classes.outputs, strict=True))
    table["code"] = table["emotion"].map(outputs).astype(np.int64)
    table.insert(0, "part", _VALIDATION)
    table[list(labels.probability_columns)] = predict_rows(predictor, dataset, rows, on_progress=on_progress)
    found = fit_calibration(table, labels)
    return FittedCalibration(
        found,
        f"Temperature {found.temperature:.2f} and thresholds for abstention, fitted on "
        f"{counted(len(table), 'pair')} of {of}: the expected calibration error there is "
        f"{found.ece_before:.1%} without the temperature, {found.ece_after:.1%} with it"
        f"{_bound(found.temperature)}",
        tuple(learned_clips(dataset, dict.fromkeys(rows["clip"], _VALIDATION))),
    )


def _bound(temperature: float) -> str:
    """Return a remark on a temperature that lies on a bound of the fit; empty for all others."""
    for bound, word in ((HOTTEST, "highest"), (COOLEST, "lowest")):
        if np.isclose(temperature, bound, rtol=1e-3):
            return (
                f". {bound:g} is the {word} temperature that is tried, and the best lies beyond: check the "
                "settings of the import, and the labels of the dataset"
            )
    return ""
