"""The content of a run folder, and the refusal of a damaged one."""

import json
from typing import Any

import pytest

import ferfusion as fer
from ferfusion.errors import RunError
from ferfusion.evaluation.run_folder import EPOCH_COLUMNS, Baseline, RunFolder, read_run
from ferfusion.models.architectures import ARCHITECTURES
from helpers.runs import fake_config, fake_epochs, fake_predictions, write_run

about: Any = pytest.approx  # stands for the number itself


def test_read_run_has_labels_epochs_and_predictions(tmp_path):
    run = read_run(write_run(tmp_path / "run"))
    assert run.labels.names == ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
    assert (len(run.epochs), len(run.predictions)) == (24, 700)
    assert run.parts == ("test", "validation")
    assert run.seconds == pytest.approx(24 * 7.5)
    assert run.parameters == 1_919_238
    assert run.protocol.startswith("Protocol: no person in two parts; validation chose the epoch")


@pytest.mark.parametrize(("monitor", "expected"), [("val_uar", 2), ("val_loss", 3), ("val_accuracy", 1)])
def test_best_epoch_follows_the_monitored_metric(tmp_path, monitor, expected):
    epochs = fake_epochs(3).assign(
        val_loss=[3.0, 2.0, 1.0], val_accuracy=[0.9, 0.8, 0.7], val_uar=[0.5, 0.6, 0.6]
    )
    config = fake_config() | {"recipe": {"monitor": monitor}}
    run = read_run(write_run(tmp_path / "run", epochs=epochs, config=config))
    assert run.best_epoch == expected
    assert run.best["val_loss"] == epochs["val_loss"][expected - 1]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "two-stream, gap-concat fusion, listing stream"),
        ({"architecture": "spatial", "stream": "table1"}, "spatial, gap, table1 stream"),
        ({"architecture": "spatial-stack", "fusion": "flatten-sum"}, "spatial-stack, flatten-sum fusion"),
        ({"architecture": "late-fusion"}, "late-fusion, gap, listing stream"),
    ],
)
def test_variant_names_the_operator_only_where_there_is_one(tmp_path, settings, words):
    assert read_run(write_run(tmp_path / "run", config=fake_config(**settings))).variant.startswith(words)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_predicts_videos_is_read_from_the_settings(tmp_path, architecture):
    run = read_run(write_run(tmp_path / "run", config=fake_config(architecture=architecture)))
    assert run.predicts_videos == (ARCHITECTURES[architecture].predicts == "video")


def test_baseline_is_the_best_constant_answer_on_the_counts_of_the_part(tmp_path):
    run = read_run(write_run(tmp_path / "run"))
    # Sadness is 4 of the 10 videos of every person, and one of six classes
    assert run.baseline("validation") == Baseline(about(0.4), about(1 / 6))


def test_baseline_is_not_lower_where_training_had_another_majority(tmp_path):
    config = fake_config(counts={"Anger": 3, "Fear": 1})
    run = read_run(write_run(tmp_path / "run", config=config))
    assert run.baseline("test") == Baseline(about(0.4), about(1 / 6))


def test_majority_code_refuses_a_training_part_without_a_pair(tmp_path):
    run = read_run(write_run(tmp_path / "run", config=fake_config(counts={})))
    with pytest.raises(RunError, match="counts no pair in the training part"):
        run.majority_code  # noqa: B018


def test_has_begun_is_more_than_settings_and_split(tmp_path):
    run = RunFolder(tmp_path)
    for path in (run.config_file, run.splits_file, run.splits_file.with_suffix(".json")):
        path.touch()
    assert not run.has_begun
    run.metrics_file.touch()
    assert run.has_begun
    assert not run.is_finished
    run.bundle_file.touch()
    assert run.is_finished


COLUMNS = ",".join(EPOCH_COLUMNS)


def no_labels(config):
    config["dataset"]["labels"] = ["Anger"]
    return json.dumps(config)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (lambda config: "{", "config.json is damaged"),
        (lambda config: "[]", "it holds a list, expected an object"),
        (lambda config: "{}", "lacks dataset, model, architecture, recipe"),
        (lambda config: json.dumps({**config, "recipe": None}), "lacks recipe"),
        (lambda config: json.dumps({**config, "model": {}}), r"lacks model\.architecture, model\.fusion"),
        (lambda config: json.dumps({**config, "parameters": "many"}), "lacks parameters"),
        (lambda config: json.dumps({**config, "parameters": 10**400}), "lacks parameters"),
        (lambda config: json.dumps({**config, "videos": {"train": -3}}), r"lacks videos\.train"),
        (lambda config: "[" * 100_000, "config.json is damaged"),
        (no_labels, "needs two or more names, all of them different"),
    ],
)
def test_read_run_refuses_a_damaged_config(tmp_path, damaged, message):
    run = write_run(tmp_path / "run")
    (run / "config.json").write_text(damaged(fake_config()))
    with pytest.raises(RunError, match=message):
        read_run(run)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"metrics\.csv is missing"),
        ("", "is not a readable CSV file"),
        ("epoch,seconds\n1,2\n", "lacks the columns lr, train_loss"),
        (f"{COLUMNS}\n1,1,1,1,1,1,1,,2\n", "has no epoch with a val_uar"),
        (f"{COLUMNS}\n1,1,1,1,1,1,1,oops,2\n", "line 2: the val_uar is .oops., not a number"),
        (f'{COLUMNS}\n1,"1,1', "is not a readable CSV file"),
        (f"{COLUMNS}\n" + "1,1,1,1,1,1,1,1,2\n" * 2, "line 3: epoch 1 comes twice"),
    ],
)
def test_read_run_refuses_damaged_metrics(tmp_path, content, message):
    run = write_run(tmp_path / "run", epochs=fake_epochs(2))
    if content is None:
        (run / "metrics.csv").unlink()
    else:
        (run / "metrics.csv").write_text(content)
    with pytest.raises(RunError, match=message):
        read_run(run)


def test_read_run_refuses_a_missing_folder(tmp_path):
    with pytest.raises(RunError, match="There is no run folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"config\.json is missing"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    "command", [read_run, fer.evaluate, fer.tabulate, lambda run: fer.compare([run, run.parent / "whole"])]
)
def test_run_with_a_test_part_and_without_its_predictions_is_refused(tmp_path, command):
    run, whole = (write_run(tmp_path / name, epochs=fake_epochs(1)) for name in ("run", "whole"))
    assert read_run(whole).parts == ("test", "validation")
    (run / "predictions.csv").unlink()
    with pytest.raises(RunError, match=r"predictions.csv is missing, and the run has a test part"):
        command(run)


def test_run_without_a_test_part_has_the_validation_part_alone(tmp_path):
    table = fake_predictions(pairs=1).query("part == 'validation'")
    assert read_run(write_run(tmp_path / "run", predictions=table)).parts == ("validation",)


@pytest.mark.parametrize("name", ["config.json", "metrics.csv", "predictions.csv"])
def test_read_run_refuses_a_folder_in_the_place_of_a_file(tmp_path, name):
    run = write_run(tmp_path / "run")
    (run / name).unlink()
    (run / name).mkdir()
    with pytest.raises(RunError, match="is a folder, not a file"):
        read_run(run)
