"""A study on disk: what it trains, and that a killed one resumes to the same report."""

import re
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.models.config import ModelConfig
from ferfusion.studies.plan import StudyPlan
from ferfusion.studies.study import open_study
from ferfusion.studies.study_folder import StudyFolder
from ferfusion.training.recipe import TrainRecipe
from helpers.datasets import write_dataset

SETTINGS = (
    "--seeds=1",
    "--folds=2",
    "--engine=here",
    "--epochs=2",
    "--fusion=gap-sum",
    "--variants=architecture=flow",
    "--variants=architecture=spatial",
)
TABLES = ("variants", "comparisons", "classes", "error_patterns", "people")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("study") / "dataset", subjects=8)


def opened(dataset, tmp_path, *variants):
    return open_study(
        dataset, tmp_path, StudyPlan(variants, seeds=2), model=ModelConfig(), recipe=TrainRecipe()
    )


def test_open_study_trains_the_first_of_equivalent_variants(dataset, tmp_path):
    study = opened(dataset, tmp_path, "fusions", "single-streams")
    assert {name: [each.name for each in others] for name, others in study.equivalents.items()} == {
        "flatten-concat": ["gap-concat"],
        "flatten-sum": ["gap-sum"],
        "flatten-average": ["gap-average"],
        "spatial": [],
        "flow": [],
    }
    assert len(study.trainings) == 5 * 2
    assert {each.variant.name for each in study.trainings} == set(study.equivalents)


@pytest.mark.parametrize(("people", "folds"), [(1, "subjects"), (2, "subjects"), (2, "2"), (3, "2")])
def test_begin_refuses_too_few_people_for_folds_and_leaves_no_study(dataset, tmp_path, people, folds):
    data = tmp_path / "data"
    shutil.copytree(dataset, data)
    rows = pd.read_csv(data / "data.csv")
    rows[rows["subject"] < f"S{people:02d}"].to_csv(data / "data.csv", index=False)
    plan = StudyPlan(("fusion=gap-sum",), folds=folds)
    study = open_study(data, tmp_path / "study", plan, model=ModelConfig(), recipe=TrainRecipe())
    with pytest.raises(DatasetError, match=r"Folds need at least 3 people|than subjects"):
        study.begin()
    assert list((tmp_path / "study").iterdir()) == []


def test_open_study_trains_the_same_function_with_another_recipe(dataset, tmp_path):
    study = opened(dataset, tmp_path, "fusion=gap-sum", "fusion=flatten-sum,batch-size=8")
    assert len(study.trained) == 2


def relabel(dataset, video, *, emotion, code):
    """Correct the label of a video, as ``prepare`` does from a corrected table."""
    table = pd.read_csv(dataset / "data.csv", dtype=str)
    table.loc[table["video"] == video, ["emotion", "code"]] = [emotion, code]
    table.to_csv(dataset / "data.csv", index=False)


@pytest.fixture
def changing(dataset, tmp_path, monkeypatch):
    """A dataset that may be changed, and a study of it that has begun and has a finished training."""
    # its drawn squares count as copies of one another
    monkeypatch.setattr("ferfusion.studies.study.find_copies", lambda *_, **__: ())
    copy, folder = tmp_path / "dataset", tmp_path / "study"
    shutil.copytree(dataset, copy)
    study = opened(copy, folder, "architecture=flow")
    study.begin()
    files = StudyFolder(folder)
    for path in (files.runs / "flow" / "bundle.safetensors", files.page_file, folder / "mine.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return copy, files


def test_study_begin_refuses_a_dataset_with_another_label(changing):
    dataset, files = changing
    relabel(dataset, "S00_fear_0", emotion="Anger", code="0")
    study = opened(dataset, files.path, "architecture=flow")
    with pytest.raises(
        DatasetError, match=r"another label: 1 \(S00_fear_0: Fear before, Anger now\)"
    ) as error:
        study.begin()
    assert "--retrain-changed" in str(error.value)
    assert files.page_file.exists()


def test_study_begin_removes_the_results_of_a_changed_dataset_on_request(changing):
    dataset, files = changing
    relabel(dataset, "S00_fear_0", emotion="Anger", code="0")
    opened(dataset, files.path, "architecture=flow").begin(retrain_changed=True)
    assert not files.runs.exists()
    assert not files.page_file.exists()
    assert (files.path / "mine.txt").exists()
    opened(dataset, files.path, "architecture=flow").begin()  # it is today's dataset now


def test_study_begin_that_trained_nothing_takes_the_changed_dataset(changing):
    dataset, files = changing
    shutil.rmtree(files.runs)
    relabel(dataset, "S00_fear_0", emotion="Anger", code="0")
    opened(dataset, files.path, "architecture=flow").begin()
    kept = pd.read_csv(files.clips_file).set_index("clip")["emotion"]
    assert kept["S00_fear_0"] == "Anger"


def test_study_begin_keeps_the_results_of_an_unchanged_dataset(changing):
    dataset, files = changing
    opened(dataset, files.path, "architecture=flow").begin(retrain_changed=True)
    assert files.runs.exists()
    assert files.page_file.exists()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory, sample_corpus):
    """A video of each class of six rendered people: drawn squares of two people count as copies."""
    root = tmp_path_factory.mktemp("rendered")
    for video in sample_corpus.glob("s0[1-6]/*/*_1.mp4"):
        place = root / "corpus" / video.relative_to(sample_corpus)
        place.parent.mkdir(parents=True)
        place.symlink_to(video)
    dataset = root / "dataset"
    command = ("prepare", root / "corpus", dataset, "--corpus=folder", "--keep-every=8", "--no-images")
    subprocess.run([sys.executable, "-m", "ferfusion", *map(str, command)], check=True, capture_output=True)
    return dataset


@pytest.mark.slow(15)
def test_study_that_was_killed_resumes_to_the_same_report(rendered, tmp_path):
    dataset, whole, killed = rendered, tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(dataset, whole), check=True, capture_output=True)
    process = subprocess.Popen(command(dataset, killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    second = killed / "runs" / "spatial" / "fold0-seed0"
    wait_until((second / "checkpoints" / "last.ckpt").is_file, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "report.html").exists()
    done = killed / "runs" / "flow" / "fold0-seed0" / "bundle.safetensors"
    before = done.stat().st_mtime_ns
    again = subprocess.run(command(dataset, killed), check=True, capture_output=True, text=True)
    assert "4 trainings, 1 of them done" in " ".join(again.stdout.split())
    assert done.stat().st_mtime_ns == before
    for table in TABLES:
        assert (killed / f"{table}.csv").read_bytes() == (whole / f"{table}.csv").read_bytes()
    assert words(killed) == words(whole)


def command(dataset, folder):
    return [sys.executable, "-m", "ferfusion", "study", str(dataset), str(folder), *SETTINGS]


def wait_until(is_so, process):
    while not is_so():
        assert process.poll() is None, "the study ended too soon"
        time.sleep(0.02)


def words(folder):
    """The page's words without what is drawn, and without times and memory, which no two runs share."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    page = re.sub(r'src="data:[^"]*"', "", page)
    page = re.sub(r'(data-label="(?:Minutes a training|Peak MiB)">)[^<]*', r"\1", page)
    return re.sub(r"trainings took [\d.]+ \w+", "", page)
