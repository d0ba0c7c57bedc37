import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open

from ferfusion.bundle import load_bundle
from ferfusion.cli import build_app
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import model_inputs
from ferfusion.errors import DatasetError
from ferfusion.evaluation.metrics import confusion_matrix, uar, war
from ferfusion.evaluation.predictions import predicted_codes
from ferfusion.evaluation.report_page import cautions
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.scoring import score_measured
from ferfusion.inference.measure import measure
from ferfusion.inference.predictor import load_predictor
from ferfusion.label_set import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.trainings import KillAt, KilledError, different_weights, lines_into, train

MODEL = ModelConfig(architecture="hybrid", head_units=64)
RECIPE = TrainRecipe(epochs=1, learning_rate=3e-4, schedule="constant", rbm_epochs=5, dbn_epochs=4)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Clips of two segments: three pairs in the first, one in the second."""
    root = tmp_path_factory.mktemp("data") / "dataset"
    write_dataset(root, subjects=6, frames=5)
    table = pd.read_csv(root / "data.csv")
    table["segment"] = (table["pair"] >= 3).astype(int)
    table.to_csv(root / "data.csv", index=False)
    return root


@pytest.fixture(scope="module")
def whole_run(dataset, tmp_path_factory):
    run, output = tmp_path_factory.mktemp("runs") / "whole", io.StringIO()
    result = train(dataset, run, model=MODEL, recipe=RECIPE, on_progress=lines_into(output))
    return run, result, output.getvalue()


def test_train_hybrid_writes_a_run_with_a_run_of_each_stream_in_it(whole_run):
    run, result, output = whole_run
    assert {path.name for path in run.iterdir()} == {
        "config.json",
        "metrics.csv",
        "predictions.csv",
        "predictions_validation.csv",
        "splits.csv",
        "splits.json",
        "bundle.safetensors",
        "spatial",
        "flow",
    }
    for name in ("spatial", "flow"):
        assert read_run(run / name).section("model")["architecture"] == name
        assert f"The {name} stream:" in output
    assert len(result.epochs) == RECIPE.dbn_epochs
    assert "RBM 1, 128 to 256 units" in output


def test_predict_videos_averages_segments_as_computed_by_hand(whole_run, dataset):
    run, _, _ = whole_run
    model = load_bundle(run / "bundle.safetensors").build_model()
    predictions = read_run(run).predictions
    videos = predictions.groupby("video")[list(SIX.probability_columns)]
    assert (videos.nunique() == 1).all(axis=None)
    data = pd.read_csv(dataset / "data.csv")
    for video in sorted(predictions["video"].unique())[:3]:
        rows = data[data["video"] == video]
        crops, flow = PairReader(dataset / "clips", list(rows["clip"]), list(rows["pair"])).gather(
            np.arange(len(rows))
        )
        with torch.inference_mode():
            embeddings = model.embed(*model_inputs(crops, flow, flow_encoding="uvm"))
            features = model.dbn(torch.stack([embeddings[:3].mean(0), embeddings[3]]))
            expected = model.svm(features.mean(0)).softmax(0)
        np.testing.assert_allclose(videos.first().loc[video], expected, atol=2e-6)


def test_train_hybrid_keeps_the_best_epoch_and_its_scores_match_the_predictions(whole_run):
    run, result, _ = whole_run
    metrics = pd.read_csv(run / "metrics.csv")
    assert result.best["epoch"] == metrics["epoch"].iloc[metrics["val_uar"].argmax()]
    table = read_run(run).predictions
    validation = table[table["part"] == "validation"]
    codes = predicted_codes(validation, labels=SIX)
    confusion = confusion_matrix(validation["code"], codes, num_classes=6)
    assert float(war(confusion)) == pytest.approx(result.best["val_accuracy"], abs=1e-6)
    assert float(uar(confusion)) == pytest.approx(result.best["val_uar"], abs=1e-6)
    own = validation[list(SIX.probability_columns)].to_numpy()[np.arange(len(codes)), validation["code"]]
    assert -np.log(own).mean() == pytest.approx(result.best["val_loss"], abs=1e-4)


def test_train_hybrid_counts_the_time_of_the_streams_in_the_first_epoch(whole_run):
    run, result, _ = whole_run
    streams = sum(pd.read_csv(run / name / "metrics.csv")["seconds"].sum() for name in ("spatial", "flow"))
    assert result.epochs["seconds"].iloc[0] > streams


def test_train_hybrid_bundles_plain_tensors_that_predict_single_frames(whole_run):
    run, _, _ = whole_run
    with safe_open(run / "bundle.safetensors", framework="np") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    assert shapes["svm.weight"] == (6, 64)
    assert shapes["dbn.layers.0.weight"] == (256, 128)
    assert not any("dense3" in name for name in shapes)
    predictor = load_predictor(run / "bundle.safetensors")
    crops = np.zeros((3, 48, 48, 3), np.uint8)
    probabilities = predictor.predict(crops, np.zeros((3, 2, 48, 48), np.float16))
    np.testing.assert_allclose(probabilities.sum(1), np.ones(3), rtol=1e-5)


def test_train_hybrid_bundles_measure_videos_as_the_run_did(whole_run, dataset):
    run, _, _ = whole_run
    measured = measure(load_predictor(run / "bundle.safetensors"), open_dataset(dataset), run=read_run(run))
    assert measured.predicts_videos
    predictions = read_run(run).predictions
    expected = predictions[predictions["part"] == "test"]
    columns = list(SIX.probability_columns)
    np.testing.assert_allclose(measured.predictions[columns], expected[columns], atol=1e-5)


def test_train_hybrid_leaves_a_run_that_can_be_evaluated(whole_run):
    run, _, _ = whole_run
    scored = score_measured(read_run(run))
    assert scored.of("test", "video").videos == 6
    assert scored.of("test", "video").war.value == scored.of("test", "pair").war.value
    found = cautions(scored)
    assert any("predicts whole videos" in caution for caution in found)
    assert not score_measured(read_run(run / "flow")).measured.predicts_videos


@pytest.mark.slow
def test_train_hybrid_reads_the_test_part_for_its_predictions_alone(whole_run, dataset, tmp_path):
    run, _, _ = whole_run
    other = tmp_path / "dataset"
    write_dataset(other, subjects=6, frames=5)
    table = pd.read_csv(dataset / "data.csv")
    parts = pd.read_csv(dataset / "splits.csv").set_index("clip")["part"]
    is_test = table["clip"].map(parts) == "test"
    table.loc[is_test, "code"] = (table["code"][is_test] + 1) % 6
    table["emotion"] = [SIX.names[code] for code in table["code"]]
    table.to_csv(other / "data.csv", index=False)
    train(other, tmp_path / "run", model=MODEL, recipe=RECIPE)
    assert different_weights(run / "bundle.safetensors", tmp_path / "run" / "bundle.safetensors") == []


@pytest.mark.slow
def test_train_hybrid_killed_in_its_second_stream_resumes_to_the_same_weights(whole_run, dataset, tmp_path):
    run, _, _ = whole_run

    class KillFlow(KillAt):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            if "flow" in pl_module.model.names:
                super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", model=MODEL, recipe=RECIPE, callbacks=[KillFlow(0, batch=1)])
    bundle = tmp_path / "run" / "spatial" / "bundle.safetensors"
    finished = bundle.stat().st_mtime_ns
    train(dataset, tmp_path / "run", model=MODEL, recipe=RECIPE)
    assert bundle.stat().st_mtime_ns == finished
    assert different_weights(run / "bundle.safetensors", tmp_path / "run" / "bundle.safetensors") == []


def test_train_hybrid_starts_one_stream_from_a_bundle_of_it(whole_run, dataset, tmp_path):
    run, _, _ = whole_run
    start = run / "spatial" / "bundle.safetensors"
    output = io.StringIO()
    train(
        dataset,
        tmp_path / "run",
        model=MODEL,
        recipe=replace(RECIPE, start_from=str(start), dbn_epochs=1),
        on_progress=lines_into(output),
    )
    assert "Starting from the bundle: spatial" in output.getvalue()
    assert read_run(tmp_path / "run" / "flow").section("recipe")["start_from"] == ""


def test_train_hybrid_refuses_a_single_class_before_anything_is_trained(dataset, tmp_path):
    other = tmp_path / "dataset"
    write_dataset(other, subjects=4, frames=3)
    table = pd.read_csv(other / "data.csv").assign(code=0, emotion="Anger")
    table.to_csv(other / "data.csv", index=False)
    with pytest.raises(DatasetError, match="has one class only"):
        train(other, tmp_path / "run", model=MODEL, recipe=RECIPE)
    assert not (tmp_path / "run" / "spatial").exists()


def test_train_hybrid_balances_the_svm_with_class_weights(dataset, tmp_path, monkeypatch):
    settings_of_call = {}

    def fit_svm(features, codes, **settings):
        settings_of_call.update(settings)
        raise KilledError

    monkeypatch.setattr("ferfusion.training.staged.hybrid.fit_svm", fit_svm)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", model=MODEL, recipe=replace(RECIPE, imbalance="class-weights"))
    assert settings_of_call["balanced"] is True


def test_reference_system_example_is_the_reports_system(monkeypatch, tmp_path):
    settings_of_call = {}

    def train_run(dataset, run, **settings):
        settings_of_call.update(settings)
        raise DatasetError("stop here")

    monkeypatch.setattr("ferfusion.training.train.train_run", train_run)
    dataset = write_dataset(tmp_path / "dataset", subjects=4, frames=3)
    example = Path(__file__).parents[4] / "examples" / "reference-system.toml"
    with pytest.raises(DatasetError, match="stop here"):
        build_app("train").meta(
            ["--config", str(example), "train", str(dataset), str(tmp_path / "run"), "--epochs", "3"],
            exit_on_error=False,
        )
    model, recipe = settings_of_call["model_config"], settings_of_call["recipe"]
    assert (model.architecture, model.stream, model.head_units, model.size) == ("hybrid", "vgg16", 4096, 224)
    assert model.fusion.startswith("flatten-")  # or the weights of fc6 would not fit
    assert (recipe.weights, recipe.epochs) == ("imagenet", 3)
