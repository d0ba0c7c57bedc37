import pandas as pd
import pytest

from ferfusion.compute import Compute
from ferfusion.evaluation.run_folder import EPOCH_COLUMNS
from ferfusion.progress import Progress
from ferfusion.training.build import open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.open_job import OpenJob
from ferfusion.training.run_config import claim_run, run_config
from helpers.trainings import MODEL, SHORT

ROW = dict.fromkeys(EPOCH_COLUMNS, 0.25) | {"epoch": 2.0}


def refuse(run, **_):
    raise AssertionError(f"{run} is not a stage of this training")


@pytest.fixture
def opened(dataset, tmp_path):
    """An opened job and what it reported."""
    job = TrainJob(dataset, tmp_path / "run", MODEL, SHORT, Compute("cpu"))
    source, pairs = open_parts(job)
    reported: list[Progress] = []
    opened = OpenJob(job, source, pairs, refuse, on_progress=reported.append)
    claim_run(opened.run, run_config(source, pairs, MODEL, SHORT), source)
    return opened, reported


def test_open_job_makes_its_batches_once(opened):
    job, _ = opened
    assert job.data is job.data
    rows = [row for batch in job.data.batches("test") for row in batch.rows.tolist()]
    assert rows == job.pairs.rows("test").tolist()


def test_open_job_says_a_line(opened):
    job, reported = opened
    job.say("The network:")
    assert [progress.message for progress in reported] == ["The network:"]


def test_open_job_recorder_reports_epochs_with_the_baseline(opened):
    job, reported = opened
    recorder = job.recorder(job.progress(), seconds_before=3.0)
    recorder._announce(ROW, is_best=True)
    [line] = [progress.message for progress in reported]
    assert line.startswith(f"epoch 2/{SHORT.epochs}")
    # six classes of equal size on validation
    assert "(baseline 16.7%, 16.7%)" in line
    assert line.endswith("best so far")
    assert recorder.last_path == job.run.last_checkpoint_file
    assert recorder.best_path == job.run.best_weights_file


def test_open_job_run_is_the_folder_with_its_settings(opened):
    job, _ = opened
    assert job.run.section("recipe")["epochs"] == SHORT.epochs
    assert pd.Series(job.run.class_counts("train")).tolist() == [8] * 6
