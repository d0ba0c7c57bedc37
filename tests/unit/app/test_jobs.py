import json

import pytest

from ferfusion.app.home import Home, new_id
from ferfusion.app.jobs import Job, JobFolders, waiting_again, with_progress
from ferfusion.app.problems import Problem


@pytest.fixture
def folders(tmp_path):
    home = Home(tmp_path)
    with home.opened():
        yield JobFolders(home)


def test_jobs_are_read_as_they_were_written_the_oldest_first(folders):
    jobs = [
        Job(id=new_id(), name=f"{n}.mp4", kind="video", inputs=(f"/{n}.mp4",), created=float(n))
        for n in (2, 1)
    ]
    for job in jobs:
        folders.write(job)
    assert folders.read_all() == jobs[::-1]


def test_damaged_job_is_none(folders):
    job = Job(id=new_id(), name="a", kind="video")
    folders.write(job)
    (folders.of(job.id) / "job.json").write_text(json.dumps({"id": job.id}))
    assert folders.read_all() == []


@pytest.mark.parametrize("job_id", ["..", "a/b", "", "0123456789ABCDEF"])
def test_folder_of_no_id_is_refused(folders, job_id):
    with pytest.raises(Problem):
        folders.of(job_id)


def test_row_shows_no_path_of_the_machine():
    row = Job(id=new_id(), name="a", kind="video", inputs=("/secret/a.mp4",), model_path="/secret/m").row()
    assert "secret" not in json.dumps(row)
    assert {"id", "state", "progress", "done", "total", "rate", "seconds_left", "results"} <= set(row)


def test_progress_changes_only_what_it_tells():
    job = Job(id=new_id(), name="a", kind="video")
    moved = with_progress(job, {"done": 3, "total": 9, "state": "done", "name": "b"})
    assert (moved.done, moved.total, moved.state, moved.name) == (3, 9, "waiting", "a")


def test_waiting_again_forgets_the_progress():
    job = Job(
        id=new_id(), name="a", kind="video", state="failed", message="no", done=4, total=9, progress=0.4
    )
    again = waiting_again(job)
    assert (again.state, again.message, again.done, again.progress) == ("waiting", "", 0, None)
