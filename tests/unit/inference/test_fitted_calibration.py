import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import BundleError, DatasetError
from ferfusion.evaluation.calibration import fit_temperature
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.inference.fitted_calibration import calibrate
from ferfusion.inference.measure import predict_rows
from ferfusion.label_set import LabelSet
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.split import read_splits
from helpers.datasets import write_dataset
from helpers.predictors import BrightnessPredictor

EIGHT = LabelSet(("Contempt", "Happiness", "Neutral", "Anger", "Surprise", "Disgust", "Sadness", "Fear"))
"""Other classes than the dataset has, in another order."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(write_dataset(tmp_path_factory.mktemp("data") / "data", subjects=6, frames=3))


@pytest.fixture
def predictor():
    return BrightnessPredictor(labels=EIGHT)


def test_calibrate_fits_on_the_validation_part_alone(dataset, predictor, monkeypatch):
    predicted: list[pd.DataFrame] = []

    def recorded(predictor, dataset, rows, **how):
        predicted.append(rows)
        return predict_rows(predictor, dataset, rows, **how)

    monkeypatch.setattr("ferfusion.inference.fitted_calibration.predict_rows", recorded)
    fitted = calibrate(predictor, dataset)
    parts = read_splits(dataset)
    [rows] = predicted
    assert {parts[clip] for clip in rows["clip"]} == {"validation"}
    codes = np.array([EIGHT.names.index(name) for name in rows["emotion"]])
    expected = fit_temperature(predict_rows(predictor, dataset, rows), codes)
    assert fitted.calibration.temperature == pytest.approx(expected)
    assert f"fitted on {len(rows)} pairs of the validation part of" in fitted.line


def test_calibrate_undoes_the_temperature_of_before(dataset, predictor):
    """The stand-in says that its logits were divided by 2: they are twice as large, and so is what fits."""
    warm = BrightnessPredictor(labels=EIGHT, calibration=Calibration(temperature=2.0))
    plain = calibrate(predictor, dataset).calibration.temperature
    given = calibrate(warm, dataset).calibration.temperature
    assert given == pytest.approx(2 * plain, rel=1e-3)


def test_calibrate_takes_all_of_a_dataset_that_is_not_split(tmp_path, predictor):
    root = write_dataset(tmp_path / "whole", subjects=3, frames=3)
    open_dataset(root).splits_file.unlink()
    whole = open_dataset(root)
    assert f"{len(whole.pairs)} pairs of {whole.root}" in calibrate(predictor, whole).line


@pytest.mark.parametrize(
    ("temperature", "words"), [(9.9999, "10 is the highest"), (0.1, "0.1 is the lowest")]
)
def test_calibrate_remarks_a_temperature_on_a_bound(dataset, predictor, monkeypatch, temperature, words):
    assert "temperature that is tried" not in calibrate(predictor, dataset).line
    found = Calibration(temperature=temperature, ece_before=0.1, ece_after=0.1)
    monkeypatch.setattr("ferfusion.inference.fitted_calibration.fit_calibration", lambda *_: found)
    assert f"{words} temperature that is tried" in calibrate(predictor, dataset).line


def test_calibrate_refuses_a_dataset_that_was_prepared_otherwise(dataset):
    other = BrightnessPredictor(recipe=PrepareRecipe(margin=0.3))
    with pytest.raises(BundleError, match=r"margin is 0\.0, expected 0\.3"):
        calibrate(other, dataset)
    with pytest.raises(DatasetError, match="needs two classes"):
        calibrate(BrightnessPredictor(labels=LabelSet(("boredom", "pride"))), dataset)
