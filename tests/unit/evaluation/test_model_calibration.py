import json

import numpy as np
import pandas as pd
import pytest

from ferfusion.bundle import load_bundle
from ferfusion.evaluation.calibration import reliability, with_temperature
from ferfusion.evaluation.model_calibration import Calibration, fit_calibration
from ferfusion.label_set import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.train import train_run
from helpers.datasets import write_dataset
from helpers.runs import fake_predictions

COLUMNS = list(SIX.probability_columns)


def validation(*, skill=0.6, heat=1.0, seed=0):
    """Predictions that are as sure as they are right at some temperature; divided by ``heat``, too sure."""
    table = fake_predictions(skill=skill, seed=seed)
    table = table[table["part"] == "validation"].reset_index(drop=True)
    table[COLUMNS] = with_temperature(table[COLUMNS].to_numpy(float), heat)
    return table


def test_fit_calibration_finds_the_temperature_of_a_model_that_is_too_sure():
    plain, sharp = (fit_calibration(validation(heat=heat), SIX) for heat in (1.0, 0.5))
    assert sharp.temperature == pytest.approx(2 * plain.temperature, rel=1e-2)
    assert sharp.ece_after == pytest.approx(plain.ece_after, abs=1e-3)
    assert sharp.ece_after < sharp.ece_before


def test_fit_calibration_errors_are_those_of_the_pairs():
    table = validation()
    found = fit_calibration(table, SIX)
    given = table[COLUMNS].to_numpy(float)
    assert found.ece_before == reliability(given, table["code"]).ece
    assert found.ece_after == reliability(with_temperature(given, found.temperature), table["code"]).ece


def test_fit_calibration_thresholds_are_of_calibrated_pairs_and_video_means():
    table = validation(heat=0.6)
    found = fit_calibration(table, SIX)
    table[COLUMNS] = with_temperature(table[COLUMNS].to_numpy(float), found.temperature)
    assert found.abstain_below_pair in table[COLUMNS].to_numpy(float).max(axis=1)
    means = table.groupby("video")[[*COLUMNS, "code"]].mean()
    confidence = means[COLUMNS].to_numpy(float).max(axis=1)
    answered = confidence >= found.abstain_below_video - 1e-12
    right = means[COLUMNS].to_numpy(float).argmax(axis=1) == means["code"]
    assert answered.mean() == pytest.approx(found.video_coverage)
    assert 1 - right[answered].mean() == pytest.approx(found.video_risk)


def test_fit_calibration_of_single_images_has_no_threshold_for_means():
    table = validation().groupby("video").head(1)
    found = fit_calibration(table, SIX)
    assert (found.video_coverage, found.video_risk, found.abstain_below_mean) == (None, None, None)
    assert found.abstain_below_pair > 0
    assert fit_calibration(validation(skill=0.3), SIX).abstain_below_mean > 0


def test_fit_calibration_has_no_threshold_where_all_answers_are_good_enough():
    """A threshold at the lowest probability of a validation part without errors would refuse most others."""
    table = validation()
    table[COLUMNS] = np.where(np.eye(len(SIX))[table["code"]] > 0, 0.9999, 0.00002)
    found = fit_calibration(table, SIX)
    assert (found.abstain_below_pair, found.abstain_below_video) == (0, 0)
    assert (found.video_coverage, found.video_risk) == (1, 0)


def test_fit_calibration_of_a_good_model_leaves_one_answer_in_five_wrong():
    found = fit_calibration(validation(skill=0.7), SIX)
    assert found.video_coverage > 0.5
    assert found.video_risk <= 0.2


def test_fit_calibration_of_a_guessing_model_answers_its_surer_half():
    found = fit_calibration(validation(skill=0.0), SIX)
    assert found.video_risk > 0.5
    assert found.video_coverage == pytest.approx(0.5, abs=0.03)


def test_calibration_round_trip_and_default():
    found = fit_calibration(validation(), SIX)
    kept = json.loads(json.dumps({"war": 0.5, "calibration": found.to_dict()}))
    assert Calibration.of(kept) == found
    assert Calibration.of({"war": 0.5}) == Calibration()
    assert (Calibration().temperature, Calibration().abstain_below_video) == (1, 0)


def test_calibration_is_kept_in_the_bundle_of_a_finished_run(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", subjects=4, frames=3)
    config = ModelConfig(architecture="flow")
    train_run(dataset, tmp_path / "run", model_config=config, recipe=TrainRecipe(epochs=1))
    kept = Calibration.of(load_bundle(tmp_path / "run" / "bundle.safetensors").metrics)
    table = pd.read_csv(tmp_path / "run" / "predictions_validation.csv")
    again = fit_calibration(table, SIX)
    assert kept.temperature == pytest.approx(again.temperature, rel=1e-3)
    assert kept.ece_after == pytest.approx(again.ece_after, abs=1e-4)
    assert np.isfinite(list(kept.to_dict().values())).all()
