"""A study whose runs are fabricated, so that its truth is known."""

from pathlib import Path

import pandas as pd

from ferfusion.evaluation.run_folder import read_run
from ferfusion.files import write_json
from ferfusion.models.config import ModelConfig
from ferfusion.studies.plan import StudyPlan
from ferfusion.studies.study import Study, open_study
from ferfusion.tables import write_table
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.runs import fake_config, fake_epochs, fake_predictions, write_run
from helpers.votes import drawn_votes

SKILLS = {"gap-concat": 0.5, "gap-sum": 0.5, "spatial": 0.05}
"""How far the true class stands out in the predictions of each trained variant."""
EQUIVALENT = "flatten-concat"
"""A variant that is the same function as gap-concat, and is not trained."""
SUBJECTS = {"train": 9, "validation": 3, "test": 12}


def write_study(root: Path, *, seeds: int = 3) -> Study:
    """Write a dataset with votes and columns of people, and the finished runs of a study of it; return it."""
    names = ("fusion=gap-concat", f"fusion={EQUIVALENT}", "fusion=gap-sum", "architecture=spatial")
    study = open_study(
        write_dataset(root / "dataset"),
        root / "study",
        StudyPlan(names, seeds=seeds),
        model=ModelConfig(),
        recipe=TrainRecipe(),
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
    videos = read_run(folder).predictions.query("part == 'test'").drop_duplicates("video")
    write_table(study.dataset.votes_file, drawn_votes(videos))
    people = {"subject": sorted(set(videos["subject"])), "sex": list("fm" * 6), "town": list("AAAABBBBBBBB")}
    write_table(study.dataset.subjects_file, pd.DataFrame(people))
    return study
