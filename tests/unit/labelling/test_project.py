import json

import pytest

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.labelling.project import Item, Project, check_raters, read_project
from helpers.label_projects import CLASSES, write_project


def test_project_is_read_as_it_was_written(tmp_path):
    face = Item("0000", "a.mp4", "Zoë", face=1, seconds=3.5, seen=(0.5, 2.0), reason="the model is unsure")
    project = Project(tmp_path, CLASSES, "videos", 3, 0.5, 7, (face,), {"Ann": ("0000",), "Ben": ()})
    project.save()
    assert read_project(tmp_path) == project


def test_project_gives_a_rater_items_in_the_raters_order(tmp_path):
    project = write_project(tmp_path, items=9)
    assert tuple(item.id for item in project.share_of("Ben")) == project.shares["Ben"]
    assert sorted(project.shares["Ben"]) == [item.id for item in project.items]
    assert project.with_rater("Cem").shares["Cem"] == tuple(item.id for item in project.items)
    with pytest.raises(ConfigError, match="no rater 'Dora'; it has Ann, Ben"):
        project.share_of("Dora")
    with pytest.raises(ConfigError, match="no item '9999'"):
        project.item("9999")


@pytest.mark.parametrize("name", ["Ann", "Zoë K.-2", "r_1", "王", "a" * 60])
def test_check_raters_takes_names_of_people(name):
    check_raters((name,))


@pytest.mark.parametrize(
    "name", ["", " Ann", "../x", "a/b", "a\\b", "con", "NUL.txt", "a" * 61, ".x", "x.", "a:b"]
)
def test_check_raters_refuses_what_is_no_file_name_everywhere(name):
    with pytest.raises(ConfigError, match="A rater's name has at most 60 letters"):
        check_raters((name,))


def test_check_raters_refuses_names_that_differ_in_case_alone():
    with pytest.raises(ConfigError, match="must differ in more than case, got Ann, ANN"):
        check_raters(("Ann", "ANN"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"marks": "frames"}, "marks must be stretches or videos, got 'frames'"),
        ({"intensities": 11}, "intensities must be 0 to 10, got 11"),
        ({"overlap": 1.5}, "overlap must be 0 to 1, got 1.5"),
    ],
)
def test_project_refuses_settings(tmp_path, settings, words):
    with pytest.raises(ConfigError, match=words):
        write_project(tmp_path, **settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2}, "of version 2, not 1"),
        ({"items": [{"id": "1"}]}, "is damaged"),
        ({"classes": ["joy"]}, "is damaged: A label set needs two"),
        ({"raters": []}, "has raters"),
    ],
)
def test_read_project_refuses_a_damaged_file(tmp_path, change, words):
    write_project(tmp_path)
    file = tmp_path / "project.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DatasetError, match=words):
        read_project(tmp_path)


def test_read_project_refuses_another_folder(tmp_path):
    with pytest.raises(DatasetError, match=r"is no label project: it has no project\.json"):
        read_project(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": "0"}, "seed has another type"),
        ({"raters": {"Ann": ["9999"]}}, "the share of Ann has an item twice, or one that is not there"),
        ({"raters": {"Ann": ["0000", "0000"]}}, "the share of Ann has an item twice"),
        ({"classes": ["joy"]}, "needs two or more names"),
    ],
)
def test_read_project_names_what_another_program_wrote_wrongly(tmp_path, change, words):
    file = write_project(tmp_path).folder / "project.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DatasetError, match=words):
        read_project(tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"face": 1e9}, {"seen": [0]}, {"seconds": -1}, {"id": "../x"}, {"path": None}, {"face": 10**30}],
)
def test_read_project_refuses_items_that_cannot_be(tmp_path, change):
    file = write_project(tmp_path).folder / "project.json"
    row = json.loads(file.read_text())
    row["items"][0] |= change
    file.write_text(json.dumps(row))
    with pytest.raises(DatasetError, match=r"project\.json is damaged"):
        read_project(tmp_path)
