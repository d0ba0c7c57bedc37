"""Datasets and predictions have the same bytes, whatever runs the jobs, and however often it was stopped."""

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
    assert run_on_ray("prepare", corpus, tmp_path / "dataset") == "done 25 nodes 2"
    assert_same_bytes(one_process, tmp_path / "dataset")


def run_on_ray(command, source, out):
    """Run a command on two nodes, of which one is killed; return what the program prints last."""
    program = [sys.executable, str(RAY_PROGRAM), command, str(source), str(out)]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout.splitlines()[-1]


@pytest.mark.slow
def test_predict_on_ray_writes_the_same_bytes_though_a_node_is_killed(corpus, tmp_path):
    pytest.importorskip("ray")
    command = [sys.executable, "-m", "ferfusion", "predict", corpus / "s01", "--out", tmp_path / "here"]
    here = subprocess.run([*map(str, command), "--engine", "here"], capture_output=True, check=False)
    assert here.returncode == 2  # one file is no video
    assert run_on_ray("predict", corpus / "s01", tmp_path / "ray") == "done 13 nodes 2"
    assert_same_bytes(tmp_path / "here", tmp_path / "ray")


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


def test_the_cluster_file_is_one_that_ray_accepts_and_its_commands_are_those_of_a_shell():
    yaml = pytest.importorskip("yaml")
    util = pytest.importorskip("ray.autoscaler._private.util")
    file = Path(__file__).parents[2] / "examples" / "cluster" / "ray.yaml"
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert config["min_workers"] == len(config["provider"]["worker_ips"])
    filled = util.prepare_config(config)
    util.validate_config(filled)
    for key in ("setup_commands", "head_start_ray_commands", "worker_start_ray_commands"):
        for command in config[key]:
            subprocess.run(["bash", "-n", "-c", command], check=True)
    starts = config["head_start_ray_commands"][-1], config["worker_start_ray_commands"][-1]
    assert all("RAY_USAGE_STATS_ENABLED=0" in command for command in starts)
