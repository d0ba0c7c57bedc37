"""What every engine must do."""

import os
import signal
import subprocess
import sys
import time
from operator import neg
from pathlib import Path

import pytest

from ferfusion.engines import ENGINES, run_here, run_in_pool
from ferfusion.errors import ConfigError, MissingExtraError, VideoError
from ferfusion.lookup import choose
from helpers.jobs import whereabouts

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
def test_every_job_is_done_once_and_the_process_is_left_as_it_was(engine):
    before = signal.getsignal(signal.SIGTERM)
    assert sorted(run(engine, neg, range(20))) == list(range(-19, 1))
    assert signal.getsignal(signal.SIGTERM) == before


@LOCAL
def test_no_jobs_are_no_results(engine):
    assert run(engine, neg, []) == []


@LOCAL
def test_an_exception_of_a_job_is_raised_with_its_words(engine):
    with pytest.raises(ValueError, match="invalid literal for int"):
        list(engine(int, ["1", "two", "3"], workers=1))


@LOCAL
def test_an_error_of_this_package_comes_back_as_itself(engine, tmp_path):
    from ferfusion.video.reader import read_info

    with pytest.raises(VideoError, match="There is no file"):
        list(engine(read_info, [tmp_path / "none.mp4"], workers=1))


def test_jobs_are_done_in_order_and_only_when_asked_for_here(tmp_path):
    results = run_here(Path.mkdir, [tmp_path / "a", tmp_path / "b"], workers=1)
    assert list(tmp_path.iterdir()) == []
    next(results)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_the_pool_works_in_other_processes_each_with_one_thread():
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


def test_the_processes_of_a_pool_end_with_the_one_that_is_killed(tmp_path):
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


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")  # one that nobody has waited for is no longer running either
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@LOCAL
def test_an_address_is_for_a_cluster_only(engine):
    with pytest.raises(ConfigError, match=r"An address \(auto\) is for the engine ray"):
        list(engine(neg, [1], workers=1, address="auto"))


def test_an_unknown_engine_is_refused_with_a_hint():
    with pytest.raises(ConfigError, match=r"Unknown engine 'pol'.*Did you mean 'pool'"):
        choose(ENGINES, "pol", what="engine")
