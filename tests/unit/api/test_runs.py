from pathlib import Path

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.api.runs import Validation
from helpers.runs import fake_epochs, write_run


def test_run_refuses_a_missing_folder_at_once(tmp_path):
    with pytest.raises(fer.RunError, match="nowhere"):
        fer.Run(str(tmp_path / "nowhere"))


def test_run_is_a_short_line_and_a_table(tmp_path):
    run = fer.Run(write_run(tmp_path / "run"))
    assert repr(run) == f"Run('{run.folder}': two-stream, gap-concat fusion, listing stream; 24 epochs)"
    page = run._repr_html_()
    assert page.count("<tr") == 3
    assert "Protocol: no person in two parts" in page


def test_run_is_a_value_of_its_folder(trained):
    assert fer.Run(trained) == trained
    assert Path(trained) == trained.folder
    assert trained.model.path == trained.folder / "bundle.safetensors"


def test_run_tables_are_the_callers_to_change(trained):
    predictions = trained.predictions
    predictions["part"] = "changed"
    assert set(trained.predictions["part"]) == {"test"}


def test_run_validation_is_that_of_the_best_epoch_beside_the_training_majority(tmp_path):
    epochs = fake_epochs(3).assign(
        val_accuracy=[0.9, 0.8, 0.7], val_uar=[0.5, 0.6, 0.55], seconds=[60.0, 60.0, 30.0]
    )
    reached = fer.Run(write_run(tmp_path / "run", epochs=epochs)).validation
    # Sadness leads in training; it is 4 of the 10 videos of every person, and one of six classes
    assert (reached.baseline_war, reached.baseline_uar) == pytest.approx((0.4, 1 / 6))
    assert reached == Validation(2, 3, 0.8, 0.6, reached.baseline_war, reached.baseline_uar, 2.5)


def test_run_plot_marks_the_kept_epoch(tmp_path):
    run = fer.Run(write_run(tmp_path / "run"))
    texts = [text.get_text() for text in run.plot().axes[0].texts]
    assert f"kept: epoch {run.validation.epoch}" in texts


def test_train_keeps_the_split_of_the_dataset(trained):
    data = fer.Dataset(trained.config["dataset"]["path"])
    assert (
        trained.splits[["clip", "part"]]
        .sort_values("clip", ignore_index=True)
        .equals(data.splits.astype(str).sort_values("clip", ignore_index=True))
    )
    part_of_clip = data.splits.set_index("clip")["part"]
    predictions = trained.predictions
    assert predictions["part"].equals(predictions["clip"].map(part_of_clip).rename("part"))


def test_train_refuses_an_unknown_setting(trained, tmp_path):
    with pytest.raises(fer.ConfigError, match=r"Unknown setting 'epoch'; .*Did you mean 'epochs'\?"):
        fer.train(trained.config["dataset"]["path"], tmp_path / "run", epoch=1)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("without_figures")
def test_evaluate_is_the_same_by_run_folder_keyword_and_recipe(tmp_path):
    run = fer.Run(write_run(tmp_path / "run"))
    expected = run.evaluate(resamples=30, seed=2).scores
    assert fer.evaluate(str(run.folder), recipe=fer.EvaluateRecipe(resamples=30, seed=2)).scores.equals(
        expected
    )


def test_run_keeps_the_columns_of_its_predicted_people_and_its_bundle_none(trained):
    kept = pd.read_csv(trained.folder / "subjects.csv")
    predicted = set()
    for name in ("predictions.csv", "predictions_validation.csv"):
        predicted |= set(pd.read_csv(trained.folder / name)["subject"])
    assert set(kept["subject"]) == predicted
    assert len(predicted) < 6
    for name in ("bundle.safetensors", "config.json"):
        content = (trained.folder / name).read_bytes()
        assert b"Zanzibar" not in content
        assert b"birthplace" not in content
