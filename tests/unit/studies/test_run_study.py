import re
from types import SimpleNamespace

import pytest

from ferfusion.errors import ConfigError, DatasetError, FileError
from ferfusion.models.config import ModelConfig
from ferfusion.progress import Progress
from ferfusion.studies import study as study_module
from ferfusion.studies.plan import StudyPlan
from ferfusion.studies.run_study import run_study
from ferfusion.studies.study import Cost
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset
from helpers.runs import fake_config, fake_predictions, write_run

PLAN = StudyPlan(("fusion=gap-sum", "fusion=flatten-sum", "architecture=flow"), seeds=2)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("run_study") / "dataset", frames=3)


@pytest.fixture
def run(dataset, tmp_path, monkeypatch):
    """Run a study whose trainings write fabricated runs, without its page; return its steps and trainings."""
    monkeypatch.setattr("ferfusion.studies.study.find_copies", lambda *_, **__: ())
    monkeypatch.setattr("ferfusion.studies.run_study.finish_study", lambda work: work.folder / "report.html")
    trained = []

    def train_one(job):
        write_run(job.run, predictions=fake_predictions(pairs=1), config=fake_config())
        (job.run / "bundle.safetensors").touch()
        (job.run / "cost.json").write_text("{}")
        trained.append((job.training.variant.name, job.training.seed, job.threads))
        return Cost(job.training.folder.removeprefix("runs/"), 1.25, 100.0)

    monkeypatch.setattr(study_module, "train_one", train_one)

    def go(plan=PLAN, **settings):
        steps: list[Progress] = []
        trained.clear()
        page = run_study(
            dataset,
            tmp_path / "study",
            plan=plan,
            model=ModelConfig(),
            recipe=TrainRecipe(),
            on_progress=steps.append,
            **{"engine": "here", **settings},
        )
        assert page == tmp_path / "study" / "report.html"
        return steps, list(trained)

    return go


def test_run_study_trains_the_first_of_equivalent_variants_with_every_seed(run):
    steps, trained = run()
    assert [(name, seed) for name, seed, _ in trained] == [
        ("gap-sum", 0),
        ("flow", 0),
        ("gap-sum", 1),
        ("flow", 1),
    ]
    assert "gap-sum and flatten-sum are the same function" in steps[0].message
    assert "3 variants (2 functions), 2 seeds" in steps[1].message
    assert steps[1].message.endswith("4 trainings, 0 of them done.")
    assert re.fullmatch(r"Disk: about \d+ MB for 4 trainings; .* are free\.", steps[2].message)
    assert [(step.done, step.total) for step in steps[3:-1]] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert steps[3].item == "gap-sum/fold0-seed0, 1.2 minutes"
    assert re.fullmatch(r"Disk: .* in .*study\.", steps[-1].message)


def test_run_study_again_trains_what_is_not_finished(run):
    run(StudyPlan(PLAN.variants, seeds=1))
    steps, trained = run()
    assert [(name, seed) for name, seed, _ in trained] == [("gap-sum", 1), ("flow", 1)]
    assert steps[1].message.endswith("4 trainings, 2 of them done.")
    assert run()[1] == []


def test_run_study_says_which_schedules_are_cut_short(run):
    plan = StudyPlan(("architecture=flow,epochs=3", "architecture=flow,schedule=constant"), seeds=1)
    steps, _ = run(plan)
    cautions = [step.message for step in steps if "The schedule" in step.message]
    assert [caution.partition(";")[0] for caution in cautions] == [
        "flow_epochs-3: The schedule triangular2 rises for 5 epochs and falls for 5"
    ]
    assert steps[0].message.startswith("2 variants, 1 seed, 1 division of the subjects: 2 trainings, 0 of")


def test_run_study_in_this_process_gives_it_all_threads(run, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert {threads for _, _, threads in run(workers=4)[1]} == {8}


def test_run_study_refuses_an_unknown_engine_before_it_writes(run, tmp_path):
    with pytest.raises(ConfigError, match="Unknown engine 'hear'"):
        run(engine="hear")
    assert not (tmp_path / "study").exists()


def test_run_study_refuses_a_damaged_table_of_people_before_it_writes(run, dataset, tmp_path):
    people = dataset / "subjects.csv"
    people.write_text("subject,age\nS1,30\nS1,31\n")
    try:
        with pytest.raises(DatasetError, match="subject 'S1' comes twice"):
            run()
    finally:
        people.unlink()
    assert not (tmp_path / "study").exists()


def test_run_study_refuses_trainings_that_cannot_fit(run, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(
        FileError, match=r"has 1\.0 MB free, and 4 trainings would take at least [\d.]+ MB more"
    ):
        run()
    assert not (tmp_path / "study" / "study.json").exists()
