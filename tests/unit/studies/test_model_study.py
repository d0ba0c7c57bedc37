"""Models measured into a study's folder: resumed, extended and refused."""

import json
import shutil
from functools import partial

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.errors import ConfigError, DatasetError
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.split import read_splits
from ferfusion.studies import model_page
from ferfusion.studies.model_findings import compare_models
from ferfusion.studies.model_study import NamedModel, study_models
from ferfusion.tables import write_table
from helpers.datasets import write_dataset
from helpers.html_page import Page
from helpers.measurements import fake_measurement
from helpers.runs import fake_predictions

QUICK = EvaluateRecipe(resamples=10)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(write_dataset(tmp_path_factory.mktemp("data") / "faces", frames=2, subjects=6))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few resamples, and no figure: figures are looked at in the tests of figures."""
    monkeypatch.setattr(model_page, "result_figures", lambda *_, **__: {})
    quick = partial(compare_models, recipe=EvaluateRecipe(resamples=10))
    monkeypatch.setattr("ferfusion.studies.model_study.compare_models", quick)


class Models:
    """Models with drawn predictions, which count how often each is measured."""

    def __init__(self):
        self.measured = []

    def __call__(self, *names, seeds=(0, 1, 2)):
        return [
            NamedModel(name, f"{name}.onnx", f"{seed:064}", partial(self.measure, name, seed))
            for name, seed in zip(names, seeds, strict=False)
        ]

    def measure(self, name, seed):
        self.measured.append(name)
        table = fake_predictions(seed=seed, pairs=2).query("part == 'test'").reset_index(drop=True)
        return fake_measurement(part="test", predictions=table, model_sha256=f"{seed:064}")


def study(dataset, folder, models, **how):
    settings = {"part": "test", "parts": read_splits(dataset)} | how
    return study_models(dataset, folder, models, **settings)


def test_study_models_writes_the_tables_of_a_study(dataset, tmp_path):
    page = study(dataset, tmp_path / "out", Models()("ours", "theirs"))
    names = {path.name for path in page.parent.iterdir()}
    tables = {f"{name}.csv" for name in "variants comparisons models classes error_patterns people".split()}
    assert tables | {"report.html", "summary.json", "predictions", "study.json", "measured"} <= names
    [pair] = (
        pd.read_csv(page.parent / "comparisons.csv")
        .query("level == 'video' and metric == 'uar'")
        .to_dict("records")
    )
    assert {pair["first"], pair["second"]} == {"ours", "theirs"}
    people = pd.read_csv(page.parent / "people.csv")
    assert people.groupby("variant")["subject"].nunique().to_dict() == {"ours": 4, "theirs": 4}
    assert len(pd.read_csv(page.parent / "predictions" / "ours_videos.csv")) == 40
    text = Page(page.read_text(encoding="utf-8")).words
    for words in ("Which of 2 models is better", "Baseline", "ours.onnx", "McNemar", "displayed"):
        assert words in text
    for words in ("seed", "Learning curves", "http"):
        assert words not in text


def test_study_models_does_not_measure_a_model_twice(dataset, tmp_path):
    models = Models()
    study(dataset, tmp_path / "out", models("a", "b"))
    first = (tmp_path / "out" / "comparisons.csv").read_bytes()
    study(dataset, tmp_path / "out", models("a", "b"))
    assert models.measured == ["a", "b"]
    assert (tmp_path / "out" / "comparisons.csv").read_bytes() == first
    study(dataset, tmp_path / "out", models("a", "b", "c", seeds=(0, 5, 2)))  # another file of this name
    assert models.measured == ["a", "b", "b", "c"]


def test_study_models_keeps_the_votes_and_people_of_today_beside_each_measurement(dataset, tmp_path):
    own, out = tmp_path / "own", tmp_path / "out"
    shutil.copytree(dataset.root, own)
    study(open_dataset(own), out, Models()("a", "b"))  # before the dataset has any
    videos = fake_predictions(pairs=1).drop_duplicates("video")
    write_table(own / "votes.csv", pd.DataFrame({"video": videos["video"], "fear": 2, "joy": 1}))
    people = videos["subject"].unique()
    write_table(own / "subjects.csv", pd.DataFrame({"subject": people, "age": "31"}))
    study(open_dataset(own), out, Models()("a", "b"))
    tables = fer.tabulate(out)
    assert tables.videos["votes_fear"].eq(2).all()
    assert tables.people["age"].eq(31).all()
    assert len(pd.read_csv(out / "measured" / "b" / "subjects.csv")) == 4  # the measured ones only
    (own / "votes.csv").unlink()
    study(open_dataset(own), out, Models()("a", "b"))
    assert "voted" not in fer.tabulate(out).videos


def test_study_models_that_stopped_at_a_refused_model_keeps_the_others(dataset, tmp_path):
    models = Models()

    def refuse():
        raise DatasetError("The model has learned from 2 people")

    bad = NamedModel("bad", "bad.onnx", "1" * 64, refuse)
    with pytest.raises(DatasetError, match=r"^bad: The model has learned from 2 people"):
        study(dataset, tmp_path / "out", [*models("good"), bad])
    assert not (tmp_path / "out" / "report.html").exists()
    study(dataset, tmp_path / "out", models("good"))
    assert models.measured == ["good"]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"part": "validation"}, "a study of other people: the measured part was another"),
        ({"parts": {"clip": "test"}}, "a study of other people: the split was another"),
    ],
)
def test_study_models_refuses_a_folder_of_other_people(dataset, tmp_path, how, words):
    study(dataset, tmp_path / "out", Models()("a"))
    with pytest.raises(ConfigError, match=words):
        study(dataset, tmp_path / "out", Models()("a"), **how)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        (
            "study.json",
            json.dumps({"dataset": {}, "variants": {}}),
            "a study of variants that are trained",
        ),
        ("note.txt", "", "exists and is no study"),
    ],
)
def test_study_models_refuses_a_folder_of_something_else(dataset, tmp_path, file, content, words):
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        study(dataset, tmp_path, Models()("a"))
