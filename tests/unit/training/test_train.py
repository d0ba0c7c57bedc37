import io
import json
import os
import shutil
import signal
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch
from lightning.pytorch import Callback
from safetensors.torch import load_file

from ferfusion.bundle import load_bundle
from ferfusion.errors import ConfigError, DatasetError, FileError
from ferfusion.evaluation.metrics import confusion_matrix, uar, war
from ferfusion.evaluation.predictions import predicted_codes
from ferfusion.evaluation.run_folder import EPOCH_COLUMNS, Baseline, read_run
from ferfusion.label_set import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.clip_identities import identities_of_clips
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.progress import Progress
from ferfusion.tables import write_table
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.trainings import (
    MODEL,
    RECIPE,
    SHORT,
    STILLS_MODEL,
    STILLS_RECIPE,
    KillAt,
    KilledError,
    checkpoint,
    different_weights,
    lines_into,
    train,
)

MANY_OPTIONS = TrainRecipe(
    epochs=4,
    batch_size=16,
    optimizer="adamw",
    weight_decay=0.01,
    learning_rate=3e-4,
    schedule="cosine",
    imbalance="class-weights",
    label_smoothing=0.1,
    weight_average=0.9,
    frozen_epochs=1,
    encoder_rate=0.5,
)

about: Any = pytest.approx  # stands for the number itself


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", subjects=6, frames=4)


@pytest.fixture(scope="module")
def whole_run(dataset, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    output = io.StringIO()
    result = train(dataset, run, on_progress=lines_into(output))
    return run, result, output.getvalue()


def test_train_run_writes_the_files_of_a_run_folder(whole_run):
    run, _, _ = whole_run
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert names == {
        "config.json",
        "metrics.csv",
        "predictions.csv",
        "predictions_validation.csv",
        "splits.csv",
        "splits.json",
        "bundle.safetensors",
        "checkpoints/best.safetensors",
        "checkpoints/last.ckpt",
    }


def test_train_run_writes_a_row_of_metrics_per_epoch(whole_run):
    run, result, _ = whole_run
    metrics = pd.read_csv(run / "metrics.csv")
    assert tuple(metrics.columns) == EPOCH_COLUMNS
    assert metrics["epoch"].tolist() == [1, 2, 3, 4]
    assert metrics.notna().all(axis=None)
    assert result.best["epoch"] == metrics["epoch"].iloc[metrics["val_loss"].argmin()]
    assert metrics["lr"][0] == RECIPE.learning_rate


def test_train_run_predicts_both_held_out_parts_by_the_best_weights(whole_run, dataset):
    run, result, _ = whole_run
    folder = read_run(run)
    table = folder.predictions
    assert set(table["part"]) == {"validation", "test"}
    data = pd.read_csv(dataset / "data.csv")
    parts = pd.read_csv(dataset / "splits.csv").set_index("clip")["part"]
    held_out = data[data["clip"].map(parts) != "train"]
    assert sorted(zip(table["clip"], table["frame"].astype(int), strict=True)) == sorted(
        zip(held_out["clip"], held_out["frame"], strict=True)
    )
    validation = table[table["part"] == "validation"]
    codes = predicted_codes(validation, labels=SIX)
    confusion = confusion_matrix(validation["code"], codes, num_classes=6)
    assert float(war(confusion)) == pytest.approx(result.best["val_accuracy"], abs=1e-6)
    assert float(uar(confusion)) == pytest.approx(result.best["val_uar"], abs=1e-6)
    assert table["expression"].tolist() == [SIX.names[c] for c in predicted_codes(table, labels=SIX)]
    assert folder.best_epoch == result.best["epoch"]


def test_train_run_bundles_the_best_weights_and_all_settings(whole_run):
    run, result, _ = whole_run
    bundle = load_bundle(run / "bundle.safetensors")
    best = load_file(run / "checkpoints" / "best.safetensors")
    assert all(torch.equal(bundle.weights[name], tensor) for name, tensor in best.items())
    assert bundle.model_config == MODEL
    assert TrainRecipe.from_dict(dict(bundle.training["recipe"])) == RECIPE
    assert bundle.training["best_epoch"] == result.best["epoch"]
    assert bundle.metrics["uar"] == pytest.approx(result.best["val_uar"])
    assert bundle.prepare_recipe == PrepareRecipe()
    assert bundle.labels == SIX


def test_train_run_reports_every_epoch_beside_the_baseline(whole_run):
    _, result, output = whole_run
    lines = [line for line in output.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 4
    assert all("WAR" in line and "UAR" in line and "(baseline 16.7%, 16.7%)" in line for line in lines)
    assert [index for index, line in enumerate(lines, 1) if "best so far" in line][-1] == result.best["epoch"]
    assert result.baseline("validation") == Baseline(about(1 / 6), about(1 / 6))


@pytest.mark.parametrize("kill", [KillAt(2), KillAt(2, batch=1), KillAt(0, batch=2)])
def test_train_run_resumes_to_the_same_weights(kill, whole_run, dataset, tmp_path):
    whole, _, _ = whole_run
    torch.manual_seed(int.from_bytes(b"x"))  # the caller's random state has no effect
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", callbacks=[kill])
    assert not (tmp_path / "run" / "bundle.safetensors").exists()
    torch.rand(17)
    train(dataset, tmp_path / "run")
    for name in ("checkpoints/best.safetensors", "bundle.safetensors"):
        assert different_weights(whole / name, tmp_path / "run" / name) == []
    last = [checkpoint(run) for run in (whole, tmp_path / "run")]
    assert all(torch.equal(last[0]["state_dict"][k], last[1]["state_dict"][k]) for k in last[0]["state_dict"])
    assert last[0]["schedule"] == last[1]["schedule"]
    metrics = [pd.read_csv(run / "metrics.csv").drop(columns="seconds") for run in (whole, tmp_path / "run")]
    pd.testing.assert_frame_equal(metrics[0], metrics[1])
    assert (whole / "predictions.csv").read_bytes() == (tmp_path / "run" / "predictions.csv").read_bytes()


def test_train_run_stopped_by_ctrl_c_reports_how_to_resume_and_restores_the_handler(dataset, tmp_path):
    class PressCtrlC(Callback):
        def on_train_batch_end(self, *_):
            raise KeyboardInterrupt

    handler, output = signal.getsignal(signal.SIGINT), io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        train(dataset, tmp_path / "run", on_progress=lines_into(output), callbacks=[PressCtrlC()])
    assert signal.getsignal(signal.SIGINT) is handler
    assert "The same command resumes" in output.getvalue()


def test_train_run_stopped_by_sigterm_reports_how_to_resume_and_is_not_finished(dataset, tmp_path):
    class Terminate(Callback):
        def on_train_batch_end(self, *_):
            os.kill(os.getpid(), signal.SIGTERM)

    output = io.StringIO()
    with pytest.raises(SystemExit) as stop:
        train(dataset, tmp_path / "run", on_progress=lines_into(output), callbacks=[Terminate()])
    assert stop.value.code == 143
    assert "The same command resumes" in output.getvalue()
    assert not (tmp_path / "run" / "bundle.safetensors").exists()


def test_train_run_resumed_before_its_bundle_trains_nothing_and_finishes(whole_run, dataset, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole_run[0], run)
    (run / "bundle.safetensors").unlink()
    (run / "predictions.csv").unlink()
    before = (run / "metrics.csv").read_bytes()
    train(dataset, run)
    assert (run / "metrics.csv").read_bytes() == before
    assert (run / "predictions.csv").read_bytes() == (whole_run[0] / "predictions.csv").read_bytes()


def test_train_run_reports_a_finished_run_and_changes_nothing(whole_run, dataset):
    run, result, _ = whole_run
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    output = io.StringIO()
    again = train(dataset, run, on_progress=lines_into(output))
    assert "is finished" in output.getvalue()
    assert again == result
    assert again.best.equals(result.best)
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_train_run_of_a_finished_run_opens_the_dataset_and_identifies_its_clips_once(
    whole_run, dataset, monkeypatch
):
    calls: list[str] = []

    def count(call, *given):
        calls.append(call.__name__)
        return call(*given)

    for original, place in (
        (open_dataset, "ferfusion.training.train.open_dataset"),
        (identities_of_clips, "ferfusion.preparation.dataset.identities_of_clips"),
    ):
        monkeypatch.setattr(place, partial(count, original))
    train(dataset, whole_run[0])
    assert sorted(calls) == ["identities_of_clips", "open_dataset"]


def test_train_run_refuses_a_run_of_other_settings_and_names_the_difference(whole_run, dataset):
    with pytest.raises(ConfigError, match="epochs is 4 in the folder, 3 in this call") as error:
        train(dataset, whole_run[0], recipe=replace(RECIPE, epochs=3))
    assert "learning_rate" not in str(error.value)
    with pytest.raises(ConfigError, match=r"dropout is 0\.3 in the folder, 0\.1 in this call"):
        train(dataset, whole_run[0], model=replace(MODEL, dropout=0.1))


def test_train_run_refuses_before_it_announces_anything(whole_run, dataset, tmp_path, monkeypatch):
    printed: list[Progress] = []
    refused = partial(train, dataset, announce=True, on_progress=printed.append)
    with pytest.raises(ConfigError, match="other settings"):
        refused(whole_run[0], recipe=replace(RECIPE, epochs=3))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(
        FileError, match=r"has 1\.0 KB free, and the run would take at least .* free some space"
    ):
        refused(tmp_path / "run")
    assert not (tmp_path / "run" / "config.json").exists()
    assert printed == []
    train(dataset, whole_run[0])  # a finished run needs no space


def test_train_run_keeps_the_global_random_state(dataset, tmp_path):
    state = torch.random.get_rng_state()
    train(dataset, tmp_path / "run", recipe=replace(RECIPE, epochs=1))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("kill", [KillAt(1), KillAt(2, batch=1)])
def test_train_run_with_many_options_resumes_to_the_same_weights(dataset, tmp_path, kill):
    train(dataset, tmp_path / "whole", recipe=MANY_OPTIONS)
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=MANY_OPTIONS, callbacks=[kill])
    train(dataset, tmp_path / "run", recipe=MANY_OPTIONS)
    for name in ("checkpoints/best.safetensors", "bundle.safetensors"):
        assert different_weights(tmp_path / "whole" / name, tmp_path / "run" / name) == []
    whole, again = (checkpoint(tmp_path / name)["state_dict"] for name in ("whole", "run"))
    assert all(torch.equal(whole[name], again[name]) for name in whole)


@pytest.mark.parametrize("settings", [{"soft_labels": True}, {"vote_weight": 0.5}])
def test_train_run_on_votes_resumes_to_the_same_weights(voted, tmp_path, settings):
    recipe = replace(STILLS_RECIPE, **settings)
    train(voted, tmp_path / "whole", model=STILLS_MODEL, recipe=recipe)
    with pytest.raises(KilledError):
        train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=recipe, callbacks=[KillAt(1)])
    train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))


def test_train_run_on_votes_of_videos_that_name_the_label_is_that_on_labels(dataset, tmp_path):
    rated = tmp_path / "rated"
    shutil.copytree(dataset, rated)
    videos = open_dataset(rated).pairs.drop_duplicates("video")
    votes = pd.get_dummies(videos["emotion"].str.lower(), dtype=int) * 9
    write_table(rated / "votes.csv", votes.assign(neutral=4, video=videos["video"]))
    once = replace(SHORT, epochs=1)
    on_labels = train(dataset, tmp_path / "labels", recipe=once)
    on_votes = train(rated, tmp_path / "votes", recipe=replace(once, soft_labels=True))
    assert on_votes.epochs["train_loss"].tolist() == about(on_labels.epochs["train_loss"].tolist())
    assert set(on_votes.votes["video"]) == set(on_votes.predictions["video"])


def test_train_run_with_more_epochs_resumes_a_finished_run(dataset, tmp_path):
    train(dataset, tmp_path / "whole", recipe=RECIPE)
    train(dataset, tmp_path / "run", recipe=replace(RECIPE, epochs=2))
    result = train(dataset, tmp_path / "run", recipe=RECIPE)
    assert len(result.epochs) == 4
    for name in ("checkpoints/best.safetensors", "bundle.safetensors"):
        assert different_weights(tmp_path / "whole" / name, tmp_path / "run" / name) == []
    assert json.loads((tmp_path / "run" / "config.json").read_text())["recipe"]["epochs"] == 4
    assert load_bundle(tmp_path / "run" / "bundle.safetensors").training["recipe"]["epochs"] == 4


def test_train_run_with_more_epochs_resumes_a_stopped_run(dataset, tmp_path):
    train(dataset, tmp_path / "whole", recipe=replace(SHORT, epochs=3))
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=SHORT, callbacks=[KillAt(1)])
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=3))
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))


def test_train_run_refuses_to_resume_on_changed_labels(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", frames=3)
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))
    table = pd.read_csv(dataset / "data.csv")
    table.loc[table["clip"] == "S00_fear_0", ["emotion", "code"]] = ("Anger", 0)
    table.to_csv(dataset / "data.csv", index=False)
    with pytest.raises(DatasetError, match=r"another label: 1 \(S00_fear_0: Fear before, Anger now\)"):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))


@pytest.mark.parametrize("settings", [{"optimizer": "sgd"}, {"optimizer": "adamw"}, {"weight_average": 0.9}])
def test_train_run_with_the_same_seed_repeats_bit_for_bit(dataset, tmp_path, settings):
    for name in ("one", "other"):
        train(dataset, tmp_path / name, recipe=replace(SHORT, epochs=1, **settings))
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("one", "other")))


@pytest.mark.slow
def test_train_run_learns_true_labels_and_not_shuffled_ones(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", subjects=10, videos_per_class=2, frames=3)
    recipe = TrainRecipe(epochs=12, batch_size=16, learning_rate=1e-4, schedule="constant")
    model = ModelConfig(architecture="flow")
    learned = train(dataset, tmp_path / "true", model=model, recipe=recipe)
    control = train(dataset, tmp_path / "control", model=model, recipe=replace(recipe, shuffle_labels=True))
    assert learned.best["val_uar"] > 0.9
    # over six seeds of data and training: 1.0 every time, and with shuffled labels 0.17 to 0.5, because a
    # shuffle leaves some classes a majority of their own labels
    assert control.best["val_uar"] < learned.best["val_uar"] - 0.3


def test_train_run_may_change_the_settings_of_a_run_that_has_not_begun(dataset, tmp_path):
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=replace(SHORT, seed=1), callbacks=[KillAt(0)])
    train(dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1))
    assert json.loads((tmp_path / "run" / "config.json").read_text())["recipe"]["seed"] == 0
