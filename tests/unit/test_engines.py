"""Tests that every engine must pass."""

import os
import signal
import subprocess
import sys
import time
from operator import neg
from pathlib import Path
from typing import Any

import pytest

from ferfusion.engines import ENGINES, rehearse, run_here, run_in_pool
from ferfusion.errors import BundleError, ConfigError, MissingExtraError, VideoError
from ferfusion.lookup import choose
from helpers.jobs import abort, fill_memory, pid_and_sleep, refuse, spin, stumble, whereabouts

LOCAL = pytest.mark.parametrize("engine", [run_here, run_in_pool], ids=["here", "pool"])


def run(engine, function, jobs, **options):
    try:
        return list(engine(function, jobs, **{"workers": 2} | options))
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    "engine",
    [pytest.param(ENGINES[name], id=name, marks=[pytest.mark.slow] * (name == "ray")) for name in ENGINES],
)
def test_engine_runs_every_job_once_and_leaves_the_process_unchanged(engine):
    before = signal.getsignal(signal.SIGTERM)
    assert sorted(run(engine, neg, range(20))) == list(range(-19, 1))
    assert signal.getsignal(signal.SIGTERM) == before


@LOCAL
def test_engine_has_no_results_without_jobs(engine):
    assert run(engine, neg, []) == []


@LOCAL
def test_engine_raises_the_exception_of_a_job_with_its_message(engine):
    with pytest.raises(ValueError, match="invalid literal for int"):
        list(engine(int, ["1", "two", "3"], workers=1))


@LOCAL
def test_engine_raises_an_error_of_this_package_as_it_is(engine, tmp_path):
    from ferfusion.video.reader import read_info

    with pytest.raises(VideoError, match="There is no file"):
        list(engine(read_info, [tmp_path / "none.mp4"], workers=1))


def test_run_here_runs_jobs_in_order_and_on_demand(tmp_path):
    results = run_here(Path.mkdir, [tmp_path / "a", tmp_path / "b"], workers=1)
    assert list(tmp_path.iterdir()) == []
    next(results)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_run_in_pool_takes_jobs_from_a_long_list_only_as_it_needs_them():
    taken = []

    def many():
        for number in range(10_000):
            taken.append(number)
            yield number

    next(run_in_pool(neg, many(), workers=2))
    assert len(taken) < 100


def test_run_in_pool_uses_other_processes_of_one_thread():
    for process, cv2_threads, omp_threads in run(run_in_pool, whereabouts, range(3)):
        assert process != os.getpid()
        assert (cv2_threads, omp_threads) == (1, "1")


POOL_THAT_IS_KILLED = """
import os, signal
from ferfusion.engines import run_in_pool
from helpers.jobs import pid_and_sleep
if __name__ == "__main__":
    for pid in run_in_pool(pid_and_sleep, [0.0, 600.0, 600.0], workers=1):
        print(pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_run_in_pool_processes_end_with_their_killed_parent(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(POOL_THAT_IS_KILLED)
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    killed = subprocess.run(
        [sys.executable, program], env=environment, capture_output=True, text=True, check=False
    )
    worker = int(killed.stdout)
    for _ in range(500):
        if not is_running(worker):
            return
        time.sleep(0.02)
    pytest.fail("the worker goes on")


def test_run_in_pool_that_is_interrupted_ends_its_running_jobs():
    results: Any = run_in_pool(pid_and_sleep, [0.0, 600.0], workers=1)
    worker = next(results)
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)
    for _ in range(500):
        if not is_running(worker):
            return
        time.sleep(0.02)
    pytest.fail("the worker goes on")


def test_run_in_pool_says_that_a_process_was_ended_from_outside():
    results = run_in_pool(pid_and_sleep, [0.0, 600.0], workers=1)
    os.kill(next(iter(results)), signal.SIGKILL)
    with pytest.raises(ConfigError, match="A worker process was ended from outside"):
        next(iter(results))


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")  # one that nobody has waited for is no longer running either
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@LOCAL
def test_engine_refuses_an_address_without_a_cluster(engine):
    with pytest.raises(ConfigError, match=r"An address \(auto\) is for the engine ray"):
        list(engine(neg, [1], workers=1, address="auto"))


def test_engine_of_an_unknown_name_is_refused_with_a_hint():
    with pytest.raises(ConfigError, match=r"Unknown engine 'pol'.*Did you mean 'pool'"):
        choose(ENGINES, "pol", what="engine")


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (spin, BundleError, r"x\.onnx cannot be used: reading it took more than 1 seconds or 0\.5 GiB, or"),
        (fill_memory, BundleError, "cannot be used"),
        (abort, BundleError, "cannot be used"),
        (refuse, VideoError, r"^x\.onnx is refused$"),
    ],
)
def test_rehearse_refuses_what_breaks_a_process(function, error, message):
    with pytest.raises(error, match=message):
        rehearse(function, Path("x.onnx"), seconds=1, memory_bytes=2**29)


@pytest.mark.parametrize("function", [print, stumble])
def test_rehearse_leaves_other_results_to_its_caller(function, capfd):
    rehearse(function, Path("x.onnx"))
    assert capfd.readouterr() == ("", "")
