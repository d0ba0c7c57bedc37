import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

from ferfusion.errors import ConfigError
from ferfusion.inference.videos_table import (
    COLUMNS,
    LinesNowAndThen,
    Named,
    VideosTable,
    choose_folders,
    place_of,
)

OK = {"status": "ok", "frames": 5, "probability": "0.5125"}


def lines(out):
    with (out / "videos.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def videos(tmp_path):
    """Two files of one name, and where they are."""
    paths = [tmp_path / folder / "talk.mp4" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.touch()
    return paths


def predict(out, *sources):
    """Write a line for each file, as a call of predict does; return the names of their folders."""
    table = VideosTable(out)
    wanted = [Named(source.name, place_of(source)) for source in sources]
    chosen = choose_folders(wanted, table.places)
    assert [table.put(each, OK) for each in wanted] == chosen
    return chosen


def test_choose_folders_are_of_one_video_each_over_several_calls(tmp_path, videos, monkeypatch):
    out, (first, second) = tmp_path / "out", videos
    assert predict(out, first) == ["talk"]
    assert predict(out, second) == ["talk-2"]
    assert predict(out, first, second, first) == ["talk", "talk-2", "talk"]
    assert [(line["folder"], line["video"]) for line in lines(out)] == [
        ("talk", str(first)),
        ("talk-2", str(second)),
    ]
    monkeypatch.chdir(second.parent)  # the same name as given, and another working directory
    assert predict(Path("../out"), Path("talk.mp4")) == ["talk-2"]
    moved = out.rename(tmp_path / "moved")
    assert predict(moved, Path("talk.mp4"), Path("../a/talk.mp4")) == ["talk-2", "talk"]
    link = tmp_path / "link"
    link.symlink_to(first.parent)
    assert predict(moved, link / "talk.mp4") == ["talk"]


def test_choose_folders_keep_numbers_and_ignore_case(tmp_path, videos):
    assert predict(tmp_path / "out", videos[1], tmp_path / "TALK.mov", tmp_path / "talk-2.avi") == [
        "talk",
        "TALK-2",
        "talk-2-2",
    ]
    (tmp_path / "out" / "videos.csv").write_text(f"folder,video\ntalk-3,{videos[0]}\n", encoding="utf-8")
    assert predict(tmp_path / "out", videos[0], videos[1]) == ["talk-3", "talk"]


def test_choose_folders_of_images_in_memory_are_replaced_by_name(tmp_path):
    places = {"frames-1": "frames-1"}
    video = tmp_path / "frames-1.mp4"
    assert choose_folders([Named("frames-1", "frames-1")], places) == ["frames-1"]
    assert choose_folders([Named(video.name, place_of(video))], places) == ["frames-1-2"]
    assert choose_folders([Named("videos.csv.mp4", place_of(video))], {}) == ["videos.csv-2"]


def test_videos_table_of_two_processes_has_the_rows_of_both(tmp_path, videos):
    """Each opened the table before the other wrote into it, and both chose the same free name."""
    tables = [VideosTable(tmp_path / "out") for _ in videos]
    for table, video in zip(tables, videos, strict=True):
        with table.new_prediction() as new:
            (new / "frames.csv").write_text(str(video))
            table.put(Named(video.name, place_of(video)), OK, new=new)
    assert [(line["folder"], line["video"]) for line in lines(tmp_path / "out")] == [
        ("talk", str(videos[0])),
        ("talk-2", str(videos[1])),
    ]
    written = {path.parent.name: path.read_text() for path in (tmp_path / "out").rglob("frames.csv")}
    assert written == {"talk": str(videos[0]), "talk-2": str(videos[1])}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["talk", "talk-2", "videos.csv"]


def test_videos_table_has_a_name_that_is_not_utf_8_as_it_is_printed(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    assert predict(tmp_path, path) == predict(tmp_path, path) == ["caf_"]
    assert lines(tmp_path)[0]["video"] == str(tmp_path / r"caf\udce9.mp4")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_videos_table_that_a_spreadsheet_saved_is_continued(tmp_path, encoding):
    video = tmp_path / "Zo\u00eb.mp4"
    text = f"folder;video;status;probability;Notes\r\nZo\u00eb;{video};ok;0,5125;sch\u00f6n\r\n"
    (tmp_path / "videos.csv").write_bytes(text.encode(encoding))
    assert predict(tmp_path, tmp_path / "b.mp4", video) == ["b", "Zo\u00eb"]
    found = lines(tmp_path)
    assert list(found[0]) == [*COLUMNS, "notes"]
    assert [(line["folder"], line["probability"], line["notes"]) for line in found] == [
        ("Zo\u00eb", "0.5125", "sch\u00f6n"),
        ("b", "0.5125", ""),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"name,age\nAda,3\n", "has no column folder, so it is no table of predictions"),
        (b"PK\x03\x04\0\0", "is not a CSV table"),
        (b"folder,video,probability\na,/a.mp4,0,5\n", "has a row with too many cells, near line 2"),
        (b"", "has no column folder"),
    ],
)
def test_videos_table_of_another_kind_is_refused(tmp_path, content, reason):
    (tmp_path / "videos.csv").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"videos\.csv {reason}.*; move it away, or name another folder"):
        VideosTable(tmp_path)
    assert (tmp_path / "videos.csv").read_bytes() == content


def test_videos_table_reserves_folders_that_another_call_leaves_alone(tmp_path, videos):
    out = tmp_path / "out"
    wanted = [Named(path.name, place_of(path)) for path in videos]
    ours, theirs = VideosTable(out), VideosTable(out)  # both have read an empty table
    assert ours.reserve(wanted[:1]) == ["talk"]
    assert theirs.reserve(wanted) == ["talk", "talk-2"]
    assert [(line["folder"], line["status"]) for line in lines(out)] == [
        ("talk", "pending"),
        ("talk-2", "pending"),
    ]
    added = LinesNowAndThen(out)
    for folder, each in zip(("talk-2", "talk"), reversed(wanted), strict=True):
        added.add(replace(each, folder=folder), OK)
    added.write()
    assert [(line["folder"], line["video"], line["status"]) for line in lines(out)] == [
        ("talk", wanted[0].place, "ok"),
        ("talk-2", wanted[1].place, "ok"),
    ]


def test_lines_now_and_then_are_written_together(tmp_path, videos, monkeypatch):
    written = []
    monkeypatch.setattr(VideosTable, "put_all", lambda self, lines: written.append(len(lines)))
    monkeypatch.setattr(
        "ferfusion.inference.videos_table.monotonic", iter([0, 0, 0, 0, 0.2, 0.5, 0.9, 2, 2, 2]).__next__
    )
    added = LinesNowAndThen(tmp_path)
    for _ in range(4):
        added.add(Named("talk.mp4", "talk.mp4", folder="talk"), OK)
    added.write()
    assert written == [1, 3]
