"""Models of ours and of others on the same people, through the front door."""

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.api.model_studies import names_of
from helpers.datasets import write_dataset


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):
    monkeypatch.setattr("ferfusion.studies.model_page.result_figures", lambda *_, **__: {})


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """People whom no model has learned from, without a split."""
    root = write_dataset(tmp_path_factory.mktemp("others") / "people", frames=2, subjects=3, seed=5)
    for name in ("splits.csv", "splits.json"):
        (root / name).unlink()
    return fer.Dataset(root)


def test_study_of_models_compares_ours_and_theirs_on_the_test_part(trained, foreign, tmp_path):
    data = trained.config["dataset"]["path"]
    study = fer.study(data, tmp_path / "out", models=[trained, foreign], device="cpu", progress=False)
    assert repr(study).endswith("2 models, 1 person tested)")
    assert set(study.table["variant"]) == {"run", "theirs"}
    assert study.models.set_index("variant")["unseen"].to_dict() == {"run": True, "theirs": False}
    shared = ["Anger", "Disgust", "Fear", "Happiness", "Sadness"]
    assert study.classes["emotion"].drop_duplicates().tolist() == shared
    own = trained.predictions
    table = study.predictions("run", "pair")
    rows = own[own["emotion"].isin(shared)].reset_index(drop=True)
    kept = rows[[f"p_{name.lower()}" for name in shared]]
    pd.testing.assert_frame_equal(table[kept.columns], kept.div(kept.sum(axis=1), axis=0), atol=1e-5)
    assert any(line.startswith("All are scored on the 5 classes") for line in study.cautions)
    assert "theirs: whether the model has learned from any" in study.protocol
    with pytest.raises(fer.ConfigError, match="holds a study of models"):
        fer.study(data, study.folder, variants="fusion=gap-sum", engine="here", progress=False)
    with pytest.raises(fer.RunError, match=r"no costs\.csv: this study compares models"):
        study.costs  # noqa: B018 the property reads the table


def test_study_of_models_measures_a_dataset_without_a_split_whole(trained, foreign, others, tmp_path):
    study = fer.study(others, tmp_path / "out", models=[str(trained.folder), foreign.path], device="cpu")
    assert int(study.table["subjects"].iloc[0]) == 3
    assert "3 people (15 videos) of the dataset people" in study.protocol
    assert len(study.comparisons) == 4
    assert study.comparisons["p_trainings"].isna().all()


def test_study_of_models_refuses_people_that_one_has_learned_from(trained, foreign, tmp_path):
    data = trained.config["dataset"]["path"]
    with pytest.raises(fer.DatasetError, match=r"^run: The train part of .* cannot measure it"):
        fer.study(data, tmp_path / "out", models=[foreign, trained], part="train", device="cpu")
    assert not (tmp_path / "out" / "measured").exists()  # all are checked before the first predicts


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 3}, "takes no epochs"),
        ({"plan": fer.StudyPlan(("fusions",))}, "takes no variants, seeds and folds"),
        ({"part": "tests"}, "Did you mean 'test'"),
    ],
)
def test_study_of_models_refuses_settings_of_trainings(others, foreign, tmp_path, settings, words):
    with pytest.raises(fer.ConfigError, match=words):
        fer.study(others, tmp_path / "out", models=[foreign], **settings)


def test_study_refuses_a_part_without_models(others, tmp_path):
    with pytest.raises(fer.ConfigError, match="part is for models that are not trained"):
        fer.study(others, tmp_path / "out", part="test")


def test_names_of_models_refuse_one_that_is_named_twice(foreign, tmp_path):
    with pytest.raises(fer.ConfigError, match=r"theirs.onnx is named twice"):
        names_of([foreign.path, foreign.path.parent / ".." / foreign.path.parent.name / "theirs.onnx"])
