import os
import shutil
from dataclasses import replace

import pytest

from ferfusion.inference.finished import unfinished, with_stamps
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import predict_each
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.predictors import BrightnessPredictor
from helpers.videos import numbered, write_video

RECIPE, PREPARE = PredictRecipe(), PrepareRecipe()


@pytest.fixture
def model():
    return "hash of the model"


def stamped(jobs, model, *, recipe=RECIPE, prepare=PREPARE, detector=None):
    return list(
        with_stamps(jobs, model_sha256=model, prepare_recipe=prepare, recipe=recipe, detector_model=detector)
    )


def stamp(video, model, **settings):
    [job] = stamped(make_jobs([video]), model, **settings)
    return job.stamp


def test_stamps_differ_where_the_video_the_model_or_a_setting_does(tmp_path, model):
    video = write_video(tmp_path / "a.mp4", numbered(5))
    first = stamp(video, model)
    assert len(first) == 64
    assert stamp(shutil.copy(video, tmp_path / "b.mp4"), model) == first
    other = tmp_path / "other"
    other.write_bytes(b"other weights")
    stamps = {
        first,
        stamp(write_video(tmp_path / "c.mp4", numbered(6)), model),
        stamp(video, "other"),
        stamp(video, model, recipe=PredictRecipe(window=1)),
        stamp(video, model, prepare=PrepareRecipe(size=64)),
        stamp(video, model, detector=other),
    }
    assert len(stamps) == 6


def test_stamps_see_a_change_inside_a_short_video(tmp_path, model):
    video = write_video(tmp_path / "a.mp4", numbered(5))
    before, content = stamp(video, model), bytearray(video.read_bytes())
    content[len(content) // 2] ^= 1
    video.write_bytes(content)
    assert stamp(video, model) != before


def test_stamps_see_another_middle_of_a_long_video(tmp_path, model):
    content = bytearray(2**20)
    long = tmp_path / "long.mp4"
    long.write_bytes(content)
    before = stamp(long, model)
    content[2**18 : 3 * 2**18] = b"1" * 2**19
    long.write_bytes(content)
    assert stamp(long, model) != before


def test_stamps_do_not_wait_for_a_pipe(tmp_path, model):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert stamp(tmp_path / "pipe.mp4", model) == ""


def test_stamps_are_missing_of_photographs_and_of_missing_files(tmp_path, model):
    (tmp_path / "a.png").write_bytes(b"")
    assert [job.stamp for job in stamped(make_jobs([tmp_path / "a.png", tmp_path / "gone.mp4"]), model)] == [
        "",
        "",
    ]


@pytest.fixture
def predicted(tmp_path, model):
    """Two videos and their jobs, predicted into a folder."""
    videos = [write_video(tmp_path / f"{name}.mp4", numbered(5)) for name in "ab"]
    jobs = stamped(make_jobs(videos, out=tmp_path / "out"), model)
    list(predict_each(jobs, BrightnessPredictor(), out=tmp_path / "out"))
    return jobs, tmp_path / "out"


def names(jobs, out, *, annotate=True):
    return [job.folder for job in unfinished(jobs, out, recipe=RECIPE, annotate=annotate)]


def test_unfinished_leaves_out_what_is_predicted(predicted):
    assert names(*predicted) == []
    jobs, out = predicted
    assert names([replace(jobs[0], stamp="other"), jobs[1]], out) == ["a"]
    assert names([replace(jobs[0], stamp=""), jobs[1]], out) == ["a"]


@pytest.mark.parametrize(
    ("file", "content", "annotate", "missing"),
    [
        ("verdict.json", "", True, ["a"]),
        ("verdict.json", "{", True, ["a"]),
        ("report.html", None, True, ["a"]),
        ("report.html", "", True, ["a"]),
        ("frames.csv", None, True, ["a"]),
        ("onsets.csv", None, True, ["a"]),
        ("annotated.mp4", None, True, ["a"]),
        ("annotated.mp4", None, False, []),
    ],
)
def test_unfinished_returns_what_lacks_a_file(predicted, file, content, annotate, missing):
    jobs, out = predicted
    path = out / "a" / file
    path.unlink() if content is None else path.write_text(content)
    assert names(jobs, out, annotate=annotate) == missing


def test_unfinished_returns_what_could_not_be_read(tmp_path, model):
    diary = tmp_path / "diary.mp4"
    diary.write_text("dear diary")
    jobs = stamped(make_jobs([diary], out=tmp_path / "out"), model)
    list(predict_each(jobs, BrightnessPredictor(), out=tmp_path / "out"))
    assert names(jobs, tmp_path / "out") == ["diary"]
