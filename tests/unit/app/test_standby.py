import os
import time

import pytest

from ferfusion.app import standby
from ferfusion.app.problems import Problem
from ferfusion.app.standby import Standby


@pytest.fixture
def ready():
    made = Standby()
    yield made
    made.end()


def test_standby_answers_with_the_same_process(ready, clip):
    assert ready.ask("probe", path=str(clip))["kind"] == "video"
    first = ready._process.pid
    assert ready.ask("probe", path=str(clip))["width"] == 176
    assert ready._process.pid == first


def test_error_that_a_user_can_fix_is_a_problem(ready, tmp_path):
    with pytest.raises(Problem, match="There is no video or photograph"):
        ready.ask("list_files", path=str(tmp_path), most=3)


def test_task_that_ends_the_process_is_a_problem_and_the_next_one_works(ready, clip):
    with pytest.raises(Problem, match="ended the process"):
        ready.ask("unknown task")
    assert ready.ask("probe", path=str(clip))["kind"] == "video"


def test_task_that_takes_too_long_is_killed(ready, tmp_path):
    ready.ask("probe", path=str(tmp_path))
    pid = ready._process.pid
    with pytest.raises(Problem, match="takes longer than"):
        ready.ask("sleep", seconds=0.2, for_seconds=30)
    assert ready._process is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_process_is_replaced_after_many_tasks_and_ends_when_idle(ready, clip, monkeypatch):
    ready._most_tasks = 1
    ready.ask("probe", path=str(clip))
    first = ready._process.pid
    ready.ask("probe", path=str(clip))
    assert ready._process.pid != first
    ready.rest()
    assert ready._process is not None
    monkeypatch.setattr(standby, "_IDLE_SECONDS", -1)
    ready.rest()
    assert ready._process is None
    ready.rest()


def test_busy_standby_is_a_problem(ready, monkeypatch):
    monkeypatch.setattr(standby, "_PATIENCE_SECONDS", 0.05)
    with ready._at_a_time, pytest.raises(Problem, match="busy"):
        ready.ask("probe", path="a")


def test_line_of_a_pipe_that_says_nothing():
    read, write = os.pipe()
    before = time.monotonic()
    assert standby._line(read, 0.1) is None
    assert time.monotonic() - before < 5
    os.close(write)
    assert standby._line(read, 5) == b""
    os.close(read)
