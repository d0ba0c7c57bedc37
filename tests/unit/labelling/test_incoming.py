from dataclasses import replace

import pytest

from ferfusion.errors import ConfigError
from ferfusion.labelling.answers import Answers
from ferfusion.labelling.incoming import IncomingRow, class_of, find_item, take_rows
from ferfusion.labelling.project import Item
from helpers.label_projects import write_project

FACES = (
    Item("0000", "a/clip.mp4", "Zoë", face=0, seconds=10.0),
    Item("0001", "a/clip.mp4", "Ömer", face=1, seconds=10.0),
    Item("0002", "b/other.mp4", face=0, seconds=10.0),
)


def row(**values):
    return IncomingRow(**{"line": 2, "path": "clip.mp4", "label": "joy", "rater": "Ann", **values})


@pytest.mark.parametrize(
    ("values", "item"),
    [
        ({"face": 1}, "0001"),
        ({"subject": "Zoë"}, "0000"),
        ({"path": "C:\\videos\\OTHER.MP4"}, "0002"),
        ({"path": "else/other.mp4", "face": 0}, "0002"),
    ],
)
def test_find_item_knows_the_video_and_the_face(tmp_path, values, item):
    project = write_project(tmp_path, items=3)
    assert find_item(replace(project, items=FACES), row(**values)).id == item


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "the video has the faces 0, 1, and the row names none of them"),
        ({"face": 7}, "the project has no face 7 of 'clip.mp4'"),
        ({"path": "gone.mp4"}, "the project has no video 'gone.mp4'"),
        ({"wrong": "no time"}, "no time"),
    ],
)
def test_find_item_says_why_there_is_none(tmp_path, values, message):
    project = write_project(tmp_path, items=3)
    with pytest.raises(ConfigError, match=message):
        find_item(replace(project, items=FACES), row(**values))


def test_find_item_takes_the_file_itself_before_its_name(tmp_path):
    items = (Item("0000", "a/clip.mp4", seconds=9.0), Item("0001", "b/clip.mp4", seconds=9.0))
    project = replace(write_project(tmp_path), items=items)
    assert find_item(project, row(path="b/clip.mp4", found=tmp_path / "b" / "clip.mp4")).id == "0001"
    with pytest.raises(ConfigError, match=r"several videos of the name clip\.mp4"):
        find_item(project, row())


def test_class_of_takes_words_of_other_languages(tmp_path):
    project = write_project(tmp_path)
    assert [class_of(project, word) for word in ("joy", "JOY", "Freude", "anger")] == ["joy"] * 3 + ["anger"]
    with pytest.raises(ConfigError, match="'fear' is no class of the project"):
        class_of(project, "fear")


def test_take_rows_keeps_to_the_share_of_a_rater(tmp_path):
    project = write_project(tmp_path)
    own = replace(project, shares={"Ann": ("0001",)})
    taken = take_rows(own, [row(path="clip0.mp4", start=1, end=2), row(path="clip1.mp4", start=1, end=2)])
    assert [one.reason for one in taken] == ["the item 0000 is not in the share of Ann", ""]
    assert Answers(own, "Ann").read()["0001"].is_done


def test_take_rows_finishes_an_item_in_which_nothing_is_marked(tmp_path):
    project = write_project(tmp_path)
    empty = row(path="clip0.mp4", label="")
    assert [one.status for one in take_rows(project, [empty])] == ["added"]
    assert [one.status for one in take_rows(project, [empty])] == ["there already"]
    answers = Answers(project, "Ann")
    answers.mark("0001", "joy", 1, 2)
    [taken] = take_rows(project, [row(path="clip1.mp4", label="")])
    assert taken.reason == "the row says that nothing is marked, and there are marks already"
