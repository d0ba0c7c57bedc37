import subprocess
import sys

import pytest

import ferfusion as fer
from ferfusion.app import worker
from ferfusion.app.home import Home, new_id, read_json
from ferfusion.app.jobs import Job, JobFolders
from ferfusion.app.pace import Pace
from helpers.datasets import write_dataset


@pytest.fixture
def folders(tmp_path):
    home = Home(tmp_path)
    with home.opened():
        yield JobFolders(home)


def folder_of(folders, *inputs, **values):
    job = Job(id=new_id(), name="a", kind="video", inputs=tuple(map(str, inputs)), **values)
    folders.write(job)
    return folders.of(job.id)


def test_worker_predicts_a_video_and_tells_its_progress(folders, clip):
    folder = folder_of(folders, clip)
    assert worker.run(folder) == {"state": "done", "message": "", "result": clip.stem}
    assert {"frames.csv", "verdict.json", "annotated.mp4", "report.html"} <= {
        path.name for path in (folder / "out" / clip.stem).iterdir()
    }
    told = read_json(folder / "progress.json")
    assert told["unit"] == "frames"
    assert "ferfusion" in told["model"]
    before = (folder / "out" / clip.stem / "verdict.json").stat().st_mtime_ns
    assert worker.run(folder)["result"] == clip.stem  # as after a kill at the very end
    assert (folder / "out" / clip.stem / "verdict.json").stat().st_mtime_ns == before


def test_worker_gives_the_reason_of_a_failure_in_one_line(folders, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    outcome = worker.run(folder_of(folders, tmp_path / "a.mp4"))
    assert outcome["state"] == "failed"
    assert outcome["message"].startswith("Cannot open a.mp4 as a video")
    outcome = worker.run(folder_of(folders, tmp_path / "a.mp4", options={"windoww": 1}))
    assert "windoww" in outcome["message"]


@pytest.mark.slow
def test_worker_trains_and_evaluates(folders, tmp_path):
    data = write_dataset(tmp_path / "data", frames=3)
    job = Job(
        id=new_id(),
        name="run",
        kind="training",
        inputs=(str(data),),
        path=str(tmp_path / "run"),
        options={"epochs": 1, "head_units": 16},
    )
    folders.write(job)
    outcome = worker.run(folders.of(job.id))
    assert outcome["state"] == "done", outcome
    assert outcome["message"].startswith("Best epoch 1 of 1")
    assert (tmp_path / "run" / "report.html").is_file()
    assert read_json(folders.of(job.id) / "progress.json")["stage"] == "Evaluating"


def test_worker_refuses_a_damaged_job(tmp_path):
    assert worker.run(tmp_path) == {
        "state": "failed",
        "message": f"{tmp_path / 'job.json'} is damaged",
    }


def test_worker_process_writes_its_number_and_its_outcome(folders, tmp_path):
    folder = folder_of(folders, tmp_path / "none.mp4", model_path=str(tmp_path / "none.safetensors"))
    done = subprocess.run(
        [sys.executable, "-m", "ferfusion.app.worker", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert read_json(folder / "pid.json")["pid"] > 1
    assert "none.safetensors" in read_json(folder / "outcome.json")["message"]


def test_teller_writes_no_message_and_keeps_facts(tmp_path):
    teller = worker.Teller(tmp_path, Pace())
    teller.tell("Loading", model="m")
    assert read_json(tmp_path / "progress.json") == {"stage": "Loading", "model": "m"}
    teller(fer.Progress(message="hello"))
    teller(fer.Progress("Predicting", "a", 1, 2, "frames"))
    told = read_json(tmp_path / "progress.json")
    assert (told["model"], told["done"], told["stage"]) == ("m", 1, "Predicting")
