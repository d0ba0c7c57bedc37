import csv
import shutil

import pytest

from ferfusion.errors import ConfigError
from ferfusion.inference.predict_many import Summary, Unreadable, find_videos, make_jobs, predict_each
from helpers.predictors import BrightnessPredictor
from helpers.videos import numbered, shorten, write_video


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def lines(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_find_videos_searches_folders_at_every_depth(tmp_path):
    wanted = [tmp_path / name for name in ("a.mp4", "b/c.MOV", "b/d/e.webm")]
    touch(*wanted, tmp_path / "notes.txt", tmp_path / ".hidden.mp4", tmp_path / ".cache" / "x.mp4")
    assert find_videos([tmp_path], out=tmp_path / "out") == wanted


def test_find_videos_skips_the_results_of_earlier_predictions(tmp_path):
    touch(tmp_path / "a.mp4", tmp_path / "out" / "a" / "annotated.mp4")
    assert find_videos([tmp_path], out=tmp_path / "out") == [tmp_path / "a.mp4"]


def test_find_videos_takes_files_as_they_are_named_and_once(tmp_path):
    touch(tmp_path / "a.mp4", tmp_path / "b.xyz")
    named = [tmp_path / "b.xyz", tmp_path / "none.mp4", tmp_path, tmp_path / "a.mp4"]
    assert find_videos(named, out=tmp_path / "out") == [
        tmp_path / "b.xyz",
        tmp_path / "none.mp4",
        tmp_path / "a.mp4",
    ]


def test_find_videos_refuses_a_folder_without_video_and_no_place(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no video or photograph in the folder .*\.avi, .*\.mp4"):
        find_videos([tmp_path], out=tmp_path / "out")
    with pytest.raises(ConfigError, match="predict needs at least one video file or folder of videos"):
        find_videos([], out=tmp_path / "out")


def test_make_jobs_gives_videos_of_one_name_two_folders(tmp_path):
    jobs = make_jobs([tmp_path / "a" / "x.mp4", tmp_path / "b" / "x.mp4"])
    assert [job.folder for job in jobs] == ["x", "x-2"]


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


def test_summary_keeps_earlier_lines_and_replaces_those_of_the_same_video(tmp_path):
    Summary(tmp_path).add("a", tmp_path / "a.mp4", Unreadable("the disk was away"))
    Summary(tmp_path).add("b", tmp_path / "b.mp4", Unreadable("no reason"))
    summary = Summary(tmp_path)
    summary.add("a", tmp_path / "a.mp4", Unreadable('still away, says "df"\nand more'))
    assert [(line["folder"], line["reason"]) for line in lines(summary.path)] == [
        ("a", 'still away, says "df"\nand more'),
        ("b", "no reason"),
    ]
