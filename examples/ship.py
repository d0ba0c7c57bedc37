"""Make the bundle that comes with the package, from a run on a dataset of still faces.

    python examples/ship.py RUN DATASET [--out FILE]

The weights are kept in half precision. Figures and calibration are those of these very weights on the
validation part; what half precision changes there is printed.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.evaluation.metrics import confusion_matrix, uar, war
from ferfusion.evaluation.model_calibration import fit_calibration
from ferfusion.inference.predictor import SHIPPED
from ferfusion.labels import LabelSet
from ferfusion.training.build import make_data, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.predictions import class_probabilities, prediction_table
from ferfusion.training.recipe import TrainRecipe


def main() -> None:
    """Write the bundle and print what it reaches."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("run", type=Path)
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("--out", type=Path, default=SHIPPED)
    given = arguments.parse_args()
    exact = load_bundle(given.run / "bundle.safetensors")
    halved = replace(exact, weights={name: _halved(tensor) for name, tensor in exact.weights.items()})
    splits = given.run / "splits.csv"
    before = predict_validation(exact, given.dataset, splits)
    table = predict_validation(halved, given.dataset, splits)
    shipped = replace(halved, metrics=dict(exact.metrics) | measure(table, exact.labels))
    save_bundle(given.out, shipped)
    columns = list(exact.labels.probability_columns)
    change = (table[columns] - before[columns]).abs().to_numpy()
    others = int((table["expression"] != before["expression"]).sum())
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB")
    print(
        f"Half precision changes probabilities by up to {change.max():.5f}, {others} of {len(table)} answers"
    )
    print({name: value for name, value in shipped.metrics.items() if name != "confusion"})


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def predict_validation(bundle: Bundle, dataset: Path, splits: Path) -> pd.DataFrame:
    """Return a bundle's prediction table of the validation part, before any temperature."""
    job = TrainJob(dataset, dataset, bundle.model_config, TrainRecipe(batch_size=64), splits=splits)
    source, pairs = open_parts(job)
    rows, probabilities = class_probabilities(
        bundle.build_model(), make_data(job, source, pairs).batches("validation")
    )
    return prediction_table(pairs, rows, probabilities, part="validation")


def measure(table: pd.DataFrame, labels: LabelSet) -> dict[str, object]:
    """Return the figures and the calibration that a prediction table of photographs gives."""
    predicted = np.argmax(table[list(labels.probability_columns)].to_numpy(), axis=1)
    confusion = confusion_matrix(table["code"], predicted, num_classes=len(labels))
    # each video is one photograph: what share of videos is answered, and how well, was not measured
    calibration = replace(fit_calibration(table, labels), video_coverage=None, video_risk=None)
    return {
        "war": float(war(confusion)),
        "uar": float(uar(confusion)),
        "confusion": confusion.tolist(),
        "calibration": calibration.to_dict(),
    }


if __name__ == "__main__":
    main()
