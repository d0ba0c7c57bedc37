"""The dataset folder is the same, byte for byte, whatever runs the jobs, and however often it was stopped."""

import filecmp
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RAY_PROGRAM = Path(__file__).parents[1] / "helpers" / "ray_cluster.py"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, sample_corpus):
    """Two subjects of the sample corpus, and a file that is no video."""
    root = tmp_path_factory.mktemp("corpus")
    for subject in ("s01", "s02"):
        shutil.copytree(sample_corpus / subject, root / subject)
    (root / "s01" / "anger" / "broken.mp4").write_bytes(b"not a video")
    return root


@pytest.fixture(scope="module")
def one_process(tmp_path_factory, corpus):
    dataset = tmp_path_factory.mktemp("here") / "dataset"
    run_prepare(corpus, dataset, "--engine", "here")
    return dataset


def run_prepare(corpus, dataset, *options):
    command = [sys.executable, "-m", "ferfusion", "prepare", corpus, dataset, "--corpus", "folder", *options]
    subprocess.run([*map(str, command)], check=True, capture_output=True, timeout=120)


def files_of(folder: Path) -> list[str]:
    # .clips.json has the times of the clip files beside their hashes
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".clips.json")
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def assert_same_bytes(first: Path, second: Path) -> None:
    assert files_of(first) == files_of(second)
    _, different, unreadable = filecmp.cmpfiles(first, second, files_of(first), shallow=False)
    assert (different, unreadable) == ([], [])


@pytest.mark.slow
def test_pool_writes_the_same_bytes(corpus, one_process, tmp_path):
    run_prepare(corpus, tmp_path / "dataset", "--engine", "pool", "--workers", "2")
    assert_same_bytes(one_process, tmp_path / "dataset")


@pytest.mark.slow
def test_ray_writes_the_same_bytes_though_a_node_is_killed(corpus, one_process, tmp_path):
    pytest.importorskip("ray")
    command = [sys.executable, str(RAY_PROGRAM), str(corpus), str(tmp_path / "dataset")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert "done 25 nodes 2" in ended.stdout, ended.stderr[-2000:]
    assert_same_bytes(one_process, tmp_path / "dataset")


@pytest.mark.slow
def test_killed_preparation_resumes_and_writes_the_same_bytes(corpus, one_process, tmp_path):
    dataset = tmp_path / "dataset"
    command = [sys.executable, "-m", "ferfusion", "prepare", str(corpus), str(dataset), "--corpus", "folder"]
    for finished in (2, 7):
        process = subprocess.Popen(
            [*command, "--engine", "here"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for_videos(dataset, finished)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    before = {p.name: p.stat().st_mtime_ns for p in (dataset / ".rows").glob("*.json")}
    run_prepare(corpus, dataset, "--engine", "here")
    after = {p.name: p.stat().st_mtime_ns for p in (dataset / ".rows").glob("*.json")}
    assert {name: after[name] for name in before} == before, "a finished video was done again"
    assert_same_bytes(one_process, dataset)


def wait_for_videos(dataset: Path, number: int) -> None:
    deadline = time.monotonic() + 60
    while len(list((dataset / ".rows").glob("*.json"))) < number:
        assert time.monotonic() < deadline, "the preparation did not get on"
        time.sleep(0.02)
