from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from cyclopts import App

import ferfusion as fer
from ferfusion.cli.prepare import prepare

COUNTS = {
    "videos": 12,
    "videos_by_status": {"ok": 10, "no_face": 2},
    "frames_by_status": {"ok": 300, "no_face": 60},
    "pairs_by_class": {"Anger": 40, "Fear": 60},
    "pairs": 100,
    "subjects": 3,
}
LEFT_OUT = pd.DataFrame(
    [(1_200, "left_out", "no row in [t].csv", "a.mp4"), (1, "no_face", "no face in any of 30 frames", "")],
    columns=["rows", "status", "reason", "example"],
)


@pytest.fixture
def called(monkeypatch):
    """The arguments with which a corpus is prepared, and the counts of the dataset; nothing is prepared."""
    arguments: dict[str, Any] = {"counts": COUNTS}

    def prepare_corpus(root, dataset, **settings):
        arguments.update(settings, root=root, dataset=dataset)
        return SimpleNamespace(folder=dataset, counts=arguments["counts"], left_out=LEFT_OUT)

    monkeypatch.setattr(fer, "prepare", prepare_corpus)
    return arguments


@pytest.fixture
def app():
    return App(default_command=prepare, result_action="return_value")


def test_prepare_has_the_settings_of_its_recipe_as_options(app, called):
    line = ["corpus", "data", "--corpus", "folder", "--size", "64", "--no-images", "--workers", "2"]
    app(line, exit_on_error=False)
    assert (called["root"], called["dataset"]) == (Path("corpus"), Path("data"))
    assert called["recipe"] == fer.PrepareRecipe(size=64)
    assert (called["corpus"], called["images"], called["workers"]) == ("folder", False, 2)


def test_prepare_prints_the_counts_and_how_many_videos_are_not_used(app, called, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    app(["corpus", "data"], exit_on_error=False)
    text = " ".join(capsys.readouterr().out.split())
    for words in ("Dataset data", "ok 10, no_face 2", "ok 300, no_face 60", "Anger 40, Fear 60"):
        assert words in text
    assert "Rows of videos.csv that are not used: 2" in text
    assert (
        "1,200 left_out: no row in [t].csv (a.mp4) 1 no_face: no face in any of 30 frames (no path)" in text
    )


def test_prepare_takes_classes_columns_words_and_a_pattern(app, called):
    line = ["corpus", "data", "--labels", "joy,rage", "--columns", "path=Datei,label=Klasse"]
    line += ["--label-map", "glad=joy", "--pattern", "{subject}/{label}_{n}"]
    app(line, exit_on_error=False)
    assert {name: called[name] for name in ("labels", "columns", "label_map", "pattern")} == {
        "labels": "joy,rage",
        "columns": "path=Datei,label=Klasse",
        "label_map": "glad=joy",
        "pattern": "{subject}/{label}_{n}",
    }


def test_prepare_of_images_without_subjects(app, called, capsys):
    called["counts"] = {"videos": 1, "videos_by_status": {"ok": 1}, "pairs": 9}
    app(["corpus", "data"], exit_on_error=False)
    text = " ".join(capsys.readouterr().out.split())
    assert "not known" in text
    assert "are not used" not in text
