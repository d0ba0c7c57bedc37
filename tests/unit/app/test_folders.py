import json

import pytest

from ferfusion.app.folders import compare_runs, curves, describe_folder, kind_of
from helpers.datasets import write_dataset
from helpers.runs import write_run
from helpers.written import write_predictions


def test_each_kind_of_folder_is_known_by_its_file(tmp_path):
    write_dataset(tmp_path / "data", frames=3)
    write_run(tmp_path / "runs" / "a")
    write_predictions(tmp_path / "predictions")
    kinds = {name: kind_of(tmp_path / name) for name in ("data", "runs/a", "predictions", ".")}
    assert kinds == {"data": "dataset", "runs/a": "run", "predictions": "predictions", ".": "nothing"}
    row = describe_folder(str(tmp_path))
    assert {(child["name"], child["kind"]) for child in row["children"]} == {
        ("data", "dataset"),
        ("predictions", "predictions"),
        ("a", "run"),
    }


def test_dataset_has_facts_and_counts(tmp_path):
    row = describe_folder(str(write_dataset(tmp_path / "data", frames=3)))
    assert row["kind"] == "dataset"
    assert ["People", "6"] in row["facts"]
    assert row["tables"][0]["columns"] == ["emotion", "clips"]
    json.dumps(row, allow_nan=False)


def test_run_is_scored_if_it_has_a_page_and_else_says_how(tmp_path):
    run = write_run(tmp_path / "run")
    row = describe_folder(str(run))
    assert "ferfusion evaluate" in row["message"]
    assert row["scores"] == []


@pytest.mark.slow
def test_evaluated_run_has_scores_and_confusion(tmp_path):
    import ferfusion as fer

    run = write_run(tmp_path / "run")
    fer.Run(run).evaluate()
    row = describe_folder(str(run))
    assert row["report"]
    assert {"part", "level", "metric", "value", "low", "high", "baseline"} <= set(row["scores"][0])
    assert len(row["confusion"][0]["counts"]) == 6
    json.dumps(row, allow_nan=False)


def test_damaged_folder_says_why(tmp_path):
    (tmp_path / "dataset.json").write_text("{")
    assert "dataset.json" in describe_folder(str(tmp_path))["message"]


def test_folder_with_nothing_says_so(tmp_path):
    assert describe_folder(str(tmp_path))["message"].startswith("There is no dataset")


def test_curves_grow_with_the_epochs(tmp_path):
    assert curves(str(tmp_path))["epochs"] == []
    (tmp_path / "metrics.csv").write_text("epoch,train_loss,val_uar\n1,1.5,\n2,1.25,0.5\n")
    found = curves(str(tmp_path))
    assert found["epochs"] == [1, 2]
    assert found["series"] == [
        {"name": "train_loss", "values": [1.5, 1.25]},
        {"name": "val_uar", "values": [None, 0.5]},
    ]
    assert not found["finished"]
    (tmp_path / "bundle.safetensors").touch()
    assert curves(str(tmp_path))["finished"]


@pytest.mark.slow
def test_runs_are_compared(tmp_path):
    runs = [str(write_run(tmp_path / name)) for name in ("a", "b")]
    row = compare_runs(runs)
    assert len(row["rows"]) == 2
    assert row["sentences"]
    assert {"WAR", "UAR", "baseline WAR / UAR"} <= set(row["summary"]["columns"])
    json.dumps(row, allow_nan=False)
