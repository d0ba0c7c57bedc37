import filecmp
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferfusion.engines import run_here, run_in_pool
from ferfusion.errors import BundleError
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import Unreadable, predict_each
from ferfusion.inference.predict_on_engine import (
    PredictSettings,
    TaskBatch,
    make_tasks,
    paying_workers,
    predict_on_engine,
    predict_task,
)
from ferfusion.inference.predictor import load_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.progress import Progress
from ferfusion.video.footage import frames_in_memory
from helpers.photographs import grey, write_photograph
from helpers.videos import numbered, write_video


def tasks_of(videos, out):
    settings = PredictSettings(
        model=None,
        model_sha256="shipped",
        device="cpu",
        recipe=PredictRecipe(),
        out=out,
        annotate=True,
        detector_model=None,
    )
    return make_tasks(make_jobs(videos, out=out), settings)


@pytest.fixture(scope="module")
def videos(tmp_path_factory, sample_corpus):
    """Faces, a video without one, two of one name, one that cannot be read, an array, two photographs."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "other").mkdir()
    (folder / "diary.mp4").write_text("dear diary")
    same = [
        write_video(place / "grey.mp4", numbered(count))
        for place, count in ((folder, 5), (folder / "other", 9))
    ]
    photographs = [write_photograph(folder / f"{level}.png", grey(level)) for level in (90, 120)]
    faces = sorted(sample_corpus.rglob("*.mp4"))[:2]
    array = frames_in_memory(np.stack(numbered(3)), fps=25, name="frames-1")
    return [faces[0], array, faces[1], photographs[0], *same, folder / "diary.mp4", photographs[1]]


@pytest.fixture(scope="module")
def predictor():
    return load_predictor(device="cpu")


@pytest.fixture(scope="module")
def alone(videos, predictor, tmp_path_factory):
    """The predictions of one process."""
    out = tmp_path_factory.mktemp("alone")
    list(predict_each(make_jobs(videos, out=out), predictor, out=out))
    return out


def files_in(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("engine", [run_here, pytest.param(run_in_pool, marks=pytest.mark.slow)])
def test_predict_on_engine_writes_the_bytes_of_one_process(engine, videos, alone, tmp_path, predictor):
    tasks = tasks_of(videos, tmp_path)
    calls: list[Progress] = []
    results = list(
        predict_on_engine(
            [TaskBatch(tasks)], engine, predictor=predictor, workers=2, on_progress=calls.append
        )
    )
    assert sorted(result.job.number for result in results) == [*range(8)]
    assert [call.done for call in calls] == [*range(1, 9)]
    assert files_in(tmp_path) == files_in(alone)
    assert len(files_in(alone)) == 1 + 5 * 5 + 3 + 2
    assert [
        name for name in files_in(alone) if not filecmp.cmp(alone / name, tmp_path / name, shallow=False)
    ] == []


def test_predict_on_engine_leaves_other_videos_their_folders(videos, tmp_path, predictor):
    """Two calls have chosen the same folder before either has written a line."""
    ours_only, other = videos[4:6]
    ours, theirs = tasks_of([ours_only], tmp_path), tasks_of([other], tmp_path)
    assert ours[0].named.folder == theirs[0].named.folder == "grey"
    first = predict_on_engine([TaskBatch(ours)], run_here, predictor=predictor)
    assert next(first).job.folder == "grey"
    assert [
        result.job.folder for result in predict_on_engine([TaskBatch(theirs)], run_here, predictor=predictor)
    ] == ["grey-2"]
    assert list(first) == []
    table = pd.read_csv(tmp_path / "videos.csv")
    assert table["video"].tolist() == [str(ours_only), str(other)]
    assert table["status"].tolist() == ["no_face", "no_face"]
    assert table["frames"].tolist() == [5, 9]


def test_predict_on_engine_has_pending_lines_of_what_is_not_predicted_yet(videos, tmp_path, predictor):
    results = predict_on_engine([TaskBatch(tasks_of(videos[4:6], tmp_path))], run_here, predictor=predictor)
    next(results)
    assert pd.read_csv(tmp_path / "videos.csv")["status"].tolist() == ["no_face", "pending"]


def test_predict_on_engine_begins_a_batch_before_the_slowest_video_of_the_last_one_ends(
    videos, tmp_path, predictor
):
    """With an engine that has the first video at work until all others are done."""

    def slow_first(function, jobs, **_):
        jobs = iter(jobs)
        slow = next(jobs)
        yield from map(function, jobs)
        assert [pd.read_csv(out / "videos.csv")["status"].tolist() for out in outs] == [
            ["pending", "no_face"],
            ["no_face"],
        ]
        yield function(slow)

    outs = [tmp_path / "batch-00001", tmp_path / "batch-00002"]
    first, second = (tasks_of(some, out) for some, out in zip((videos[4:6], videos[4:5]), outs, strict=True))
    renumbered = [replace(task, jobs=(replace(task.jobs[0], number=2),)) for task in second]
    batches = [TaskBatch(first), TaskBatch(renumbered), TaskBatch([], finished=7)]
    calls: list[Progress] = []
    results = predict_on_engine(batches, slow_first, predictor=predictor, total=10, on_progress=calls.append)
    assert [result.job.number for result in results] == [1, 2, 0]
    assert [(call.done, call.total) for call in calls] == [(1, 10), (2, 10), (3, 3)]
    assert pd.read_csv(outs[0] / "videos.csv")["status"].tolist() == ["no_face", "no_face"]


def test_predict_task_refuses_a_model_that_has_changed(videos, tmp_path):
    bundle = tmp_path / "b.safetensors"
    bundle.write_bytes(b"another model")
    [task] = tasks_of(videos[4:5], tmp_path / "out")
    other = replace(task.settings, model=bundle, model_sha256="the first one's")
    with pytest.raises(BundleError, match="since it was loaded"):
        predict_task(replace(task, settings=other))


def test_predict_on_engine_without_a_folder_writes_nothing(videos, tmp_path, monkeypatch, predictor):
    monkeypatch.chdir(tmp_path)
    [unread] = predict_on_engine([TaskBatch(tasks_of(videos[-2:-1], None))], run_here, predictor=predictor)
    assert isinstance(unread.outcome, Unreadable)
    assert list(Path().iterdir()) == []


def test_paying_workers_are_as_many_as_the_processors_for_many_videos():
    assert paying_workers(1) == 1
    assert paying_workers(10**6) == os.cpu_count()
