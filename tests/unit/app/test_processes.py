import os
import time
from pathlib import Path

import pytest

from ferfusion.app.home import Home, new_id, read_json
from ferfusion.app.jobs import Job, JobFolders
from ferfusion.app.processes import end_process, is_alive, last_line, start_process
from ferfusion.errors import FileError


@pytest.fixture
def start(tmp_path, quick_jobs):
    """Start a stand-in process that does something; return its folder and the process."""
    home = Home(tmp_path)
    started = []
    with home.opened():
        folders = JobFolders(home)

        def start_one(does):
            job = Job(id=new_id(), name="a", kind="video", options={"does": does})
            folders.write(job)
            process = start_process(folders.of(job.id))
            started.append((folders.of(job.id), process))
            return started[-1]

        yield start_one
        for folder, process in started:
            end_process(folder)
            process.wait()


def until_there(file):
    while not file.exists():
        time.sleep(0.01)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def test_process_holds_its_lock_from_start_to_end(start):
    folder, process = start("wait")
    assert is_alive(folder)
    with pytest.raises(FileError, match="still runs"):
        start_process(folder)
    (folder / "go").touch()
    assert process.wait() == 0
    assert not is_alive(folder)
    assert read_json(folder / "outcome.json")["state"] == "done"


def test_end_process_kills_the_children_too(start):
    folder, process = start("child")
    until_there(folder / "child.json")
    child = read_json(folder / "child.json")["pid"]
    end_process(folder)
    assert not is_alive(folder)
    assert process.wait() == -9
    assert is_gone(child)
    end_process(folder)  # nothing is left to be killed


def test_folder_without_a_process_is_not_alive(tmp_path):
    assert not is_alive(tmp_path)
    assert last_line(tmp_path) == ""


def test_last_line_is_the_last_that_says_something(tmp_path):
    (tmp_path / "log.txt").write_text("first\nValueError: no\n\n")
    assert last_line(tmp_path) == "ValueError: no"
