import shutil

import pytest

import ferfusion as fer
from ferfusion.app.home import Home
from ferfusion.app.label_projects import LabelProjects, id_of
from ferfusion.app.problems import Problem
from helpers.label_projects import write_project


def test_projects_are_kept_by_their_paths_and_one_that_is_gone_is_not_listed(tmp_path):
    tmp_path.joinpath("home").mkdir()
    projects = LabelProjects(Home(tmp_path / "home"))
    assert projects.all() == []
    for name in ("a", "b"):
        write_project(tmp_path / name)
        assert projects.add(tmp_path / name)["name"] == name
    projects.add(tmp_path / "a")
    again = LabelProjects(Home(tmp_path / "home"))
    assert [row["name"] for row in again.all()] == ["a", "b"]
    row = again.all()[0]
    assert (row["classes"], row["items"], row["marks"]) == (["joy", "anger", "calm"], 2, "stretches")
    assert row["raters"][1] == {"rater": "Ben", "items": 2, "done": 0, "marks": 0, "shown": 0}
    assert again.get(row["id"]).folder == tmp_path / "a"
    shutil.rmtree(tmp_path / "a")
    assert [row["name"] for row in again.all()] == ["b"]
    for ask in (again.get, again.forget):
        with pytest.raises(Problem, match="There is no label project 0123"):
            ask("0123")
    again.forget(id_of(tmp_path / "b"))
    assert again.all() == []
    assert (tmp_path / "b" / "project.json").is_file()
    with pytest.raises(fer.DatasetError, match="is no label project"):
        again.add(tmp_path)


def test_id_of_a_folder_stays(tmp_path):
    assert id_of(tmp_path) == id_of(tmp_path)
    assert id_of(tmp_path) != id_of(tmp_path / "a")
