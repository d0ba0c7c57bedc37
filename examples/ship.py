"""Make the bundle that comes with the package, from a run on a dataset of still faces.

    python examples/ship.py RUN DATASET [--detector mtcnn] [--out FILE]

The photographs of the dataset are cropped already; the detector is that of the videos to predict. The weights
are stored in half precision. Scores and calibration are those of the stored weights on the validation part;
the effect of half precision is printed.
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
from ferfusion.evaluation.model_scores import BundleMetrics
from ferfusion.inference.predictor import SHIPPED
from ferfusion.label_set import LabelSet
from ferfusion.training.build import make_data, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.predictions import class_probabilities, prediction_table
from ferfusion.training.recipe import TrainRecipe


def main() -> None:
    """Write the bundle and print its scores."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("run", type=Path)
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("--detector", default="mtcnn", help="of the videos to predict")
    arguments.add_argument("--out", type=Path, default=SHIPPED)
    options = arguments.parse_args()
    exact = load_bundle(options.run / "bundle.safetensors")
    halved = replace(exact, weights={name: _halved(tensor) for name, tensor in exact.weights.items()})
    splits = options.run / "splits.csv"
    before = predict_validation(exact, options.dataset, splits)
    table = predict_validation(halved, options.dataset, splits)
    metrics: BundleMetrics = {**exact.metrics, **measure(table, exact.labels)}
    recipe = replace(halved.prepare_recipe, detector=options.detector)
    shipped = replace(halved, metrics=metrics, prepare_recipe=recipe)
    save_bundle(options.out, shipped)
    columns = list(exact.labels.probability_columns)
    change = (table[columns] - before[columns]).abs().to_numpy()
    others = int((table["expression"] != before["expression"]).sum())
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    print(
        f"Half precision changes probabilities by up to {change.max():.5f}, "
        f"and {others} of {len(table)} predictions"
    )
    print({name: value for name, value in shipped.metrics.items() if name != "confusion"})


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def predict_validation(bundle: Bundle, dataset: Path, splits: Path) -> pd.DataFrame:
    """Return a bundle's prediction table of the validation part, without a temperature."""
    job = TrainJob(dataset, dataset, bundle.model_config, TrainRecipe(batch_size=64), splits=splits)
    source, pairs = open_parts(job)
    rows, probabilities = class_probabilities(
        bundle.build_model(), make_data(job, source, pairs).batches("validation")
    )
    return prediction_table(pairs, rows, probabilities, part="validation")


def measure(table: pd.DataFrame, labels: LabelSet) -> BundleMetrics:
    """Return the scores and the calibration of a prediction table of photographs."""
    predicted = np.argmax(table[list(labels.probability_columns)].to_numpy(), axis=1)
    confusion = confusion_matrix(table["code"], predicted, num_classes=len(labels))
    # each video is one photograph, so that coverage and risk of videos are not measured
    calibration = replace(fit_calibration(table, labels), video_coverage=None, video_risk=None)
    return {
        "war": float(war(confusion)),
        "uar": float(uar(confusion)),
        "confusion": confusion.tolist(),
        "calibration": calibration.to_dict(),
    }


if __name__ == "__main__":
    main()
