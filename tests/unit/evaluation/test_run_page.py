"""What the report of a run tells beside its scores."""

import pytest

from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.report_page import PartSize
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.run_page import part_sizes, run_story
from ferfusion.evaluation.scoring import score_measured
from helpers.runs import fake_config, write_run


@pytest.fixture
def scored(tmp_path):
    return score_measured(read_run(write_run(tmp_path / "run")), EvaluateRecipe(resamples=20))


def test_run_story_has_model_epoch_and_every_setting(scored):
    story = run_story(scored)
    assert story.subtitle.startswith("two-stream, gap-concat fusion")
    assert f"epoch {scored.measured.best_epoch} was kept" in " ".join(story.steps)
    assert [title for title, _ in story.settings] == ["Model", "Training", "Dataset", "Evaluation"]
    assert story.unseen


def test_part_sizes_are_those_of_the_predictions_and_of_the_settings(scored):
    config = fake_config()
    sizes = part_sizes(scored)
    assert sizes[0] == PartSize(
        "training",
        config["subjects"]["train"],
        config["videos"]["train"],
        sum(config["class_counts"]["train"].values()),
    )
    assert sizes[1:] == [PartSize("validation", 3, 30, 300), PartSize("test", 4, 40, 400)]
