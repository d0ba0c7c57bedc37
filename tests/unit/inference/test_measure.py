"""A model measured on datasets: its own, another rendering, and ones that it must not be measured on."""

from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from ferfusion.bundle import save_bundle
from ferfusion.data.batches import PairBatches
from ferfusion.data.clips import PairReader
from ferfusion.data.row_order import InOrder
from ferfusion.errors import BundleError, DatasetError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.inference.fitted_calibration import calibrate
from ferfusion.inference.measure import measure, without_temperature
from ferfusion.inference.predictor import load_predictor
from ferfusion.label_set import SEVEN, SIX, LabelSet
from ferfusion.preparation.clip_hashes import record_clips
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.training.predictions import class_probabilities
from helpers.bundles import untrained_bundle
from helpers.datasets import write_dataset
from helpers.predictors import BrightnessPredictor
from helpers.trainings import SHORT, train


def written(root, **how):
    """A dataset with the hashes of its clips, as ``prepare`` leaves it."""
    write_dataset(root, **how)
    record_clips(root, {path.stem: path for path in (root / "clips").iterdir()}, rows_of={})
    return open_dataset(root)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return written(tmp_path_factory.mktemp("own") / "data", frames=4)


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Other people under the same names."""
    return written(tmp_path_factory.mktemp("others") / "data", frames=3, subjects=3, seed=9)


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset):
    return train(dataset.root, tmp_path_factory.mktemp("runs") / "run", recipe=SHORT)


@pytest.fixture(scope="module")
def predictor(run):
    return load_predictor(run.bundle_file, device="cpu")


def test_measure_of_the_own_test_part_gives_the_predictions_of_the_run(run, predictor, dataset):
    measured = measure(predictor, dataset, run=run)
    expected = run.predictions[run.predictions["part"] == "test"].reset_index(drop=True)
    columns = list(SIX.probability_columns)
    assert list(measured.predictions) == list(expected)
    np.testing.assert_allclose(measured.predictions[columns], expected[columns], atol=1e-5)
    names = ["part", "video", "clip", "subject", "emotion", "expression"]
    assert measured.predictions[names].equals(expected[names])
    assert measured.predictions["frame"].astype(str).equals(expected["frame"])
    assert measured.majority_code == run.majority_code
    assert measured.unseen


def test_measure_of_a_model_with_windows_gives_what_training_predicts(others, tmp_path):
    bundle = untrained_bundle(architecture="stack", frames=3, frame_step=1, head_units=8)
    save_bundle(tmp_path / "bundle.safetensors", bundle)
    measured = measure(load_predictor(tmp_path / "bundle.safetensors", device="cpu"), others, part="all")
    table = others.pairs
    batches = PairBatches(
        PairReader(others.clips_folder, list(table["clip"]), list(table["pair"])),
        InOrder(np.arange(len(table))),
        table["code"].to_numpy(),
        batch_size=16,
        flow_encoding=bundle.model_config.flow_encoding,
        frames=3,
        frame_step=1,
    )
    _, expected = class_probabilities(bundle.build_model(), batches)
    np.testing.assert_allclose(measured.predictions[list(SIX.probability_columns)], expected, atol=1e-5)


@pytest.mark.parametrize("part", ["train", "validation", "all"])
@pytest.mark.parametrize("by_run", [True, False], ids=["run", "bundle"])
def test_measure_refuses_the_parts_that_a_model_learned_from(predictor, run, dataset, part, by_run):
    with pytest.raises(
        DatasetError,
        match=r"(trained the model|chose the model's epoch), and cannot measure it; measure --part test",
    ):
        measure(predictor, dataset, part=part, run=run if by_run else None)


def test_measure_refuses_people_of_the_training_under_other_names(predictor, dataset, tmp_path):
    """The same clips as another dataset, without a split, whose people and videos have new names."""
    copy = written(tmp_path / "copy", frames=4)
    table = pd.read_csv(copy.pairs_file)
    for column in ("subject", "video"):
        table[column] = "new " + table[column]
    table.to_csv(copy.pairs_file, index=False)
    copy.splits_file.unlink()
    with pytest.raises(DatasetError, match=r"has learned from 5 people of .*copy: new S0"):
        measure(predictor, open_dataset(copy.root))


def test_measure_of_other_people_under_the_same_names_is_not_refused(predictor, others):
    measured = measure(predictor, others, part="all")
    assert not measured.unseen  # the same people in other videos would not be noticed
    assert len(measured.cautions) == 1
    assert "trained on other videos of synthetic" in measured.cautions[0]
    assert len(measured.predictions) == len(others.pairs)
    assert "None of its clips is in the model's training" in measured.protocol


def stand_in(**settings):
    training = settings.pop("training", {"corpus": "cremad"})
    predictor = BrightnessPredictor(**settings)
    predictor.info = replace(predictor.info, training=cast("TrainingSummary", training))
    return predictor


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({}, "What this model was trained on is not known"),
        ({"imported_from": "a.h5"}, "What this model was trained on is not known"),
        ({"corpus": "synthetic"}, "trained on a corpus of the same layout, synthetic"),
        ({"corpus": "csv"}, "trained on a corpus of the layout csv. If it has learned"),
        ({"corpus": "cremad"}, None),
        ({"corpus": "cremad", "start": {"start_from_sha256": "0"}}, "started from another model"),
    ],
)
def test_measure_states_what_is_not_known_of_the_training(others, training, words):
    measured = measure(stand_in(training=training), others)
    assert not measured.unseen
    assert [words in caution for caution in measured.cautions] == ([True] if words else [])
    checked = (
        "that nobody is in both was not checked"
        if training.get("corpus") == "cremad"
        else "cannot be checked"
    )
    assert checked in measured.protocol


def test_measure_refuses_the_own_dataset_with_a_split_that_is_not_known(others):
    from ferfusion.preparation.identity import dataset_identity

    training = {"corpus": "synthetic", "dataset_identity": dataset_identity(others), "split_hash": "other"}
    with pytest.raises(DatasetError, match="with another split that is not known; name its run folder"):
        measure(stand_in(training=training), others)


def test_measure_scores_the_classes_that_model_and_dataset_share(others, tmp_path):
    measured = measure(stand_in(labels=SEVEN), others, part="all")
    assert measured.labels == SIX
    columns = list(SIX.probability_columns)
    np.testing.assert_allclose(measured.predictions[columns].sum(axis=1), 1)
    outside = "the model's top class was Neutral in "
    assert outside in measured.protocol

    three = stand_in(labels=LabelSet(("Surprise", "joy", "Anger")))
    measured = measure(three, others, part="all")
    assert measured.labels.names == ("Anger", "Happiness", "Surprise")
    assert sorted(measured.predictions["emotion"].unique()) == ["Anger", "Happiness", "Surprise"]
    assert measured.predictions.groupby("emotion")["code"].unique().map(list).to_dict() == {
        "Anger": [0],
        "Happiness": [1],
        "Surprise": [2],
    }
    half = len(others.pairs) // 2
    assert f"no Disgust, Fear and Sadness: {half} pairs of them left out" in measured.protocol


def test_measure_takes_a_class_without_any_pair_for_one_that_the_dataset_lacks(tmp_path):
    dataset = written(tmp_path / "data", frames=2, subjects=3, labels=SEVEN)
    table = pd.read_csv(dataset.pairs_file)
    table[table["emotion"] != "Neutral"].to_csv(dataset.pairs_file, index=False)
    dataset.splits_file.unlink()
    measured = measure(stand_in(labels=SEVEN), open_dataset(dataset.root))
    assert measured.labels == SIX
    assert "The dataset has no Neutral" in measured.protocol


def test_measure_majority_is_of_the_training_and_else_of_the_measured_videos(others):
    known = stand_in(training={"corpus": "cremad", "class_counts": {"Anger": 3, "Fear": 7}})
    assert measure(known, others).majority_code == SIX.code("Fear")
    unknown = measure(stand_in(), others)
    assert unknown.majority_rule.startswith(
        "one of the most frequent classes of the measured videos, Anger, "
    )


@pytest.mark.parametrize(
    ("settings", "streams", "differs"),
    [
        ({"margin": 0.1}, ("spatial",), "margin is 0.0, expected 0.1"),
        ({"flow": "dis"}, ("spatial", "flow"), "flow is 'farneback', expected 'dis'"),
        ({"flow": "dis", "keep_every": 4}, ("spatial",), None),
    ],
)
def test_measure_refuses_other_input_and_no_other_setting(others, settings, streams, differs):
    predictor = stand_in(recipe=PrepareRecipe(**settings), streams=streams)
    if differs is None:
        assert len(measure(predictor, others, part="all").predictions)
        return
    with pytest.raises(BundleError, match=f"{differs}. Prepare it for the model: ferfusion prepare .* --for"):
        measure(predictor, others)


def test_measure_says_that_the_temperature_was_fitted_on_the_part(others):
    fitted = calibrate(stand_in(), others)
    predictor = stand_in(training={"imported_from": "a.onnx", "calibrated_clips": list(fitted.clips)})
    words = "The model's temperature and thresholds were fitted on "
    assert f"{words}the validation part." in measure(predictor, others, part="validation").notes
    assert f"{words}clips of the dataset." in measure(predictor, others, part="all").notes
    measured = measure(predictor, others, part="test")
    assert not any(note.startswith(words) for note in measured.notes)
    assert "chose nothing" not in measured.protocol


def test_measure_names_the_most_frequent_classes_of_the_training_in_the_words_of_the_model(others):
    training = {"class_counts": {"sad": 2, "angry": 2, "happy": 1}}
    predictor = stand_in(training=training, labels=LabelSet(("sad", "angry", "happy")))
    measured = measure(predictor, others, part="all")
    assert (
        measured.majority_rule
        == "one of the most frequent classes of the model's training part, angry and sad"
    )


@pytest.mark.parametrize("part", ["test", "validation"])
def test_measure_refuses_a_part_that_is_not_there(tmp_path, part):
    dataset = written(tmp_path / "data", frames=2, subjects=3)
    dataset.splits_file.unlink()
    with pytest.raises(DatasetError, match=f"is not split, so it has no {part} part; measure --part all"):
        measure(stand_in(), dataset, part=part)
    assert measure(stand_in(), dataset).part == "all"


def test_without_temperature_gives_back_the_probabilities_of_the_logits():
    logits = np.random.default_rng(0).normal(0, 2, (50, 6))
    warm, plain = (np.exp(logits / t) / np.exp(logits / t).sum(1, keepdims=True) for t in (1.7, 1))
    np.testing.assert_allclose(without_temperature(warm.astype(np.float32), 1.7), plain, atol=1e-6)


def test_measure_takes_the_temperature_out(others):
    columns = list(SIX.probability_columns)
    plain, warm = (
        measure(stand_in(calibration=Calibration(temperature=t)), others, part="all").predictions
        for t in (1.0, 2.0)
    )
    np.testing.assert_allclose(warm[columns], without_temperature(plain[columns].to_numpy(), 2.0), atol=1e-9)
