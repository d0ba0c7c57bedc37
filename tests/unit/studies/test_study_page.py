"""The report of a study, from fabricated runs whose truth is known."""

import pandas as pd
import pytest

from ferfusion.files import write_json
from ferfusion.models.config import ModelConfig
from ferfusion.studies.plan import StudyPlan
from ferfusion.studies.study import open_study
from ferfusion.studies.study_page import finish_study
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.runs import fake_config, fake_epochs, fake_predictions, write_run

SKILLS = {"gap-concat": 0.5, "gap-sum": 0.5, "spatial": 0.05}
TWIN = "flatten-concat"
SUBJECTS = {"train": 9, "validation": 3, "test": 12}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    names = ("fusion=gap-concat", f"fusion={TWIN}", "fusion=gap-sum", "architecture=spatial")
    plan = StudyPlan(names, seeds=3)
    study = open_study(
        write_dataset(root / "dataset"), root / "study", plan, model=ModelConfig(), recipe=TrainRecipe()
    )
    for number, training in enumerate(study.trainings):
        name = training.variant.name
        folder = write_run(
            study.folder / training.folder,
            predictions=fake_predictions(skill=SKILLS[name], seed=number, pairs=4, subjects=SUBJECTS),
            config=fake_config(),
            epochs=fake_epochs(12, seed=number),
        )
        write_json(folder / "cost.json", {"name": name, "minutes": 1.5, "peak_mib": 700.0 + number})
    page = finish_study(study)
    return study, page.read_text(encoding="utf-8")


def test_the_tables_say_what_is_in_the_runs(finished):
    study, _ = finished
    costs = pd.read_csv(study.folder / "costs.csv").set_index("variant")
    assert costs["trainings"].tolist() == [3] * 4
    assert costs["minutes"].tolist() == pytest.approx([4.5] * 4)
    assert costs.loc["spatial", "peak_mib"] == 708
    assert costs["published_accuracy"].tolist()[:2] == [0.598, 0.577]
    assert costs["trained_as"].tolist() == ["gap-concat", "gap-concat", "gap-sum", "spatial"]
    scores = pd.read_csv(study.folder / "variants.csv")
    uar = scores[(scores["level"] == "video") & (scores["metric"] == "uar")].set_index("variant")
    values = uar["value"].to_dict()
    assert values["spatial"] < values["gap-concat"] - 0.2
    assert uar["baseline"].tolist() == pytest.approx([1 / 6] * 3, abs=1e-5)
    groups = uar["groups"].to_dict()
    assert groups["gap-concat"] == groups["gap-sum"] != groups["spatial"]
    classes = pd.read_csv(study.folder / "classes.csv")
    assert len(classes) == 3 * 2 * 6


def test_the_page_is_whole_and_by_itself(finished):
    study, page = finished
    assert "2 of 3 pairs of variants can be told apart" in page
    assert "gap-concat and flatten-concat are the same function" in page
    assert page.count("same function as gap-concat") == 2  # in the table per video, and in that per pair
    assert "Of equivalent variants only the first was trained" in page
    assert "9 trainings took 14 minutes" in page
    for word in ("majority baseline", "displayed expression", "Tested on 12 people", "accuracy"):
        assert word in page
    assert page.count("data:image/png;base64,") >= 6 + 3 * 2
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert str(study.folder) not in page
