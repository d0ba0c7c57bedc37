import csv
import shutil
from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest

from ferfusion.errors import FileError
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import Unreadable, predict_each
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.predictor import load_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.video_search import find_videos
from ferfusion.inference.videos_table import VideosTable, place_of
from ferfusion.video.images import read_image
from helpers.oddities import ODDITIES
from helpers.photographs import grey, whole_image_predictor, write_photograph
from helpers.predictors import BrightnessPredictor
from helpers.videos import numbered, shorten, write_video


def lines(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def corpus(tmp_path, sample_corpus):
    """A face, a video without one, one that is cut off, and a diary."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    shutil.copy(sorted(sample_corpus.rglob("*.mp4"))[0], folder / "face.mp4")
    write_video(folder / "grey.mp4", numbered(5))
    shorten(write_video(folder / "torn.mp4", numbered(5)), keep=0.3)
    (folder / "diary.mp4").write_text("dear diary")
    return folder


def predict_all(folder, out):
    list(predict_each(make_jobs(find_videos([folder], out=out)), BrightnessPredictor(), out=out))
    return lines(out / "videos.csv")


def test_predict_each_writes_a_line_per_video_and_continues_after_a_bad_one(corpus, tmp_path):
    found = {line["folder"]: line for line in predict_all(corpus, tmp_path / "out")}
    assert {name: line["status"] for name, line in found.items()} == {
        "diary": "unreadable",
        "face": "ok",
        "grey": "no_face",
        "torn": "unreadable",
    }
    assert found["diary"]["reason"].startswith("Cannot open diary.mp4 as a video")
    assert found["grey"]["reason"].startswith("No face was found in any of 5 frames")
    assert found["face"]["video"] == str(corpus / "face.mp4")
    assert found["face"]["faces"] == "1"
    assert 0 < float(found["face"]["probability"]) <= 1
    assert float(found["face"]["low"]) <= float(found["face"]["probability"]) <= float(found["face"]["high"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"face", "grey", "videos.csv"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Two good videos, and the files of their predictions without any other."""
    folder = tmp_path_factory.mktemp("good")
    videos = [write_video(folder / f"{name}.mp4", numbered(4, height=64, width=96)) for name in "az"]
    return videos, files_of(videos, folder / "out")


def files_of(videos, out):
    """Predict each whole image as a face; return the frame tables and the lines by the video's name."""
    list(predict_each(make_jobs(videos, out=out), whole_image_predictor(), out=out))
    read = {line["video"]: line for line in lines(out / "videos.csv")}
    tables = {path.parent.name: path.read_bytes() for path in out.glob("*/frames.csv")}
    assert {path.parent.name for path in out.glob("*/report.html")} == set(tables)
    return read, tables


@pytest.mark.parametrize("oddity", ODDITIES)
def test_predict_each_predicts_good_videos_beside_any_other(tmp_path, alone, oddity):
    """The good videos have the result that they have alone; the odd one has a line with the reason."""
    (first, last), (good_lines, good_tables) = alone
    make, is_readable = ODDITIES[oddity]
    odd = make(tmp_path)
    found, tables = files_of([first, odd, last], tmp_path / "out")
    line = found.pop(place_of(odd))
    assert found == good_lines
    assert good_tables.items() <= tables.items()
    assert line["status"] == ("ok" if is_readable else "unreadable")
    assert is_readable == (len(tables) == 3)
    assert is_readable or line["reason"]


def test_predict_each_keeps_the_folder_of_another_video_of_the_same_name(tmp_path, monkeypatch):
    """Two calls, each in the working directory of its video."""
    out = tmp_path / "out"
    for folder, count in (("a", 3), ("b", 5), ("a", 3)):
        (tmp_path / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        video = write_video(tmp_path / folder / "talk.mp4", numbered(count)).name
        list(predict_each(make_jobs([Path(video)], out=out), BrightnessPredictor(), out=out, annotate=False))
    assert [(line["folder"], line["video"], line["frames"]) for line in lines(out / "videos.csv")] == [
        ("talk", str(tmp_path / "a" / "talk.mp4"), "3"),
        ("talk-2", str(tmp_path / "b" / "talk.mp4"), "5"),
    ]
    assert len(pd.read_csv(out / "talk" / "frames.csv")) == 3


def test_predict_each_says_that_a_stretch_is_outside_the_video(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(5))
    [result] = predict_each(make_jobs([video]), BrightnessPredictor(), recipe=PredictRecipe(start=9, end=10))
    reason = "a.mp4: no frame is shown from 9 s to 10 s; the video lasts 0.20 s"
    assert result.outcome == Unreadable(reason)


def test_predict_each_calls_a_video_unreadable_that_the_decoder_cannot_read(real_data):
    [result] = predict_each(make_jobs([real_data / "odd" / "invalid_bitstream.webm"]), BrightnessPredictor())
    assert isinstance(result.outcome, Unreadable)
    assert "can be decoded" in result.outcome.reason


def predicted(result):
    assert isinstance(result.outcome, VideoPrediction)
    return result.outcome


def test_predict_each_of_a_mixed_folder_has_a_folder_for_each_video_and_one_for_photographs(tmp_path):
    (tmp_path / "in").mkdir()
    write_video(tmp_path / "in" / "clip.mp4", numbered(4, height=120, width=240))
    write_photograph(tmp_path / "in" / "black.png", grey(0))
    write_photograph(tmp_path / "in" / "deep" / "white.jpg", grey(255, height=40), orientation=6)
    (tmp_path / "in" / "torn.jpg").write_bytes(b"no image")
    out, predictor = tmp_path / "out", whole_image_predictor()
    jobs = make_jobs(find_videos([tmp_path / "in"], out=out))
    results = {result.job.name: result for result in predict_each(jobs, predictor, out=out)}
    assert {path.name for path in out.iterdir()} == {"clip", "photographs", "videos.csv"}
    table = pd.read_csv(out / "photographs" / "photographs.csv")
    assert table["photograph"].tolist() == ["black.png", "deep/white.jpg", "torn.jpg"]
    assert table["status"].tolist() == ["ok", "ok", "unreadable"]
    assert table["expression"].tolist()[:2] == ["Anger", "Surprise"]
    # 60 x 40 stored, shown as 40 x 60; the square around it is the box
    assert table[["x", "y", "w", "h"]].to_numpy()[1].tolist() == [-10, 0, 60, 60]
    assert read_image(out / "photographs" / "annotated" / "deep-white.jpg").shape[1] == 400
    assert (
        predicted(results["black.png"]).statement
        == f"Face 0 displays Anger (probability {table['p_anger'][0]:.2f})."
    )
    found = {line["folder"]: line for line in lines(out / "videos.csv")}
    assert found["photographs"] == {
        **dict.fromkeys(found["photographs"], ""),
        "folder": "photographs",
        "video": str(tmp_path / "in"),
        "status": "ok",
        "reason": "1 of 3 photographs could not be read, such as torn.jpg: not an image that can be read",
        "frames": "2",
        "faces": "2",
    }


def test_predict_each_of_one_photograph_ignores_times_and_needs_no_second_frame(tmp_path):
    path = write_photograph(tmp_path / "me.png", grey(255))
    [result] = predict_each(
        make_jobs([path]),
        whole_image_predictor(),
        recipe=PredictRecipe(start=5, every="0.5s"),
        out=tmp_path / "out",
    )
    assert predicted(result).folder == tmp_path / "out" / "me"
    [line] = lines(tmp_path / "out" / "videos.csv")
    assert (line["video"], line["status"], line["expression"], line["seconds"]) == (
        str(path),
        "ok",
        "Surprise",
        "",
    )


def test_predict_each_writes_the_photographs_of_a_prediction_that_is_stopped(tmp_path):
    paths = [write_photograph(tmp_path / f"{level}.png", grey(level)) for level in (0, 255)]
    results = predict_each(make_jobs(paths), whole_image_predictor(), out=tmp_path / "out")
    assert isinstance(results, Generator)
    next(results)
    results.close()
    assert len(pd.read_csv(tmp_path / "out" / "photographs" / "photographs.csv")) == 1


def test_predict_each_names_the_first_annotated_photograph_that_cannot_be_written(tmp_path, monkeypatch):
    def write(path, image, prediction):
        raise FileError(f"Cannot write {path.name}: no space left")

    monkeypatch.setattr("ferfusion.inference.photographs.write_annotated_image", write)
    path = write_photograph(tmp_path / "me.png", grey(255))
    with pytest.raises(FileError, match=r"Cannot write me\.jpg: no space left"):
        list(predict_each(make_jobs([path]), whole_image_predictor(), out=tmp_path / "out"))
    assert not any((tmp_path / "out").glob("*/"))


def test_predict_each_finds_the_people_of_group_photographs(tmp_path, real_data):
    """Faces of one photograph are not tracked from another, and none needs a second frame."""
    paths = [real_data / "odd" / "groups" / name for name in ("seven.jpg", "five_a.jpg")]
    first, second = predict_each(make_jobs(paths), load_predictor())
    [alone] = predict_each(make_jobs(paths[1:]), load_predictor())
    pd.testing.assert_frame_equal(predicted(second).table, predicted(alone).table)
    assert len(predicted(first).verdicts) >= 3


def test_predict_each_keeps_odd_names_apart_and_in_whole_rows(tmp_path):
    folder, out = tmp_path / "corpus", tmp_path / "out"
    folder.mkdir()
    names = ["a\rb", "a\nb", "=cmd|x", "-1+1", "caf\udce9", "videos.csv", ".result", "a$x^$"]
    plain = write_video(tmp_path / "plain.mp4", numbered(2)).read_bytes()
    for name in names:
        (folder / f"{name}.mp4").write_bytes(plain)
    sources = [folder / f"{name}.mp4" for name in names]
    for _ in range(2):  # a second time, each replaces its own
        list(predict_each(make_jobs(sources, out=out), BrightnessPredictor(), out=out, annotate=False))
        table = VideosTable(out).places
        assert sorted(table.values()) == sorted(map(place_of, sources))
        assert len(lines(out / "videos.csv")) == len(names)
        assert {path.name for path in out.iterdir() if path.is_dir()} == set(table)
