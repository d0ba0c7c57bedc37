import pandas as pd
import pytest

import ferfusion as fer


@pytest.fixture
def videos(sample_corpus):
    return sample_corpus / "s01" / "fear"


@pytest.fixture
def project(tmp_path, videos):
    return fer.labels(
        tmp_path / "labels",
        videos,
        classes=["joy", "fear"],
        raters=["Ann", "Ben"],
        subjects={"s01_fear_1.mp4": "Zoë"},
    )


def test_labels_makes_a_project_and_opens_it_again(project, videos):
    again = fer.labels(project.folder)
    assert again.items.equals(project.items)
    assert project.items["subject"].tolist() == ["Zoë", ""]
    assert project.source("0001").samefile(videos / "s01_fear_1.mp4")
    assert (again.classes, again.marks, again.intensities, again.raters) == (
        ("joy", "fear"),
        "stretches",
        5,
        ("Ann", "Ben"),
    )
    assert repr(project).endswith("2 items, 2 raters, 2 classes)")
    assert "Ann" in project._repr_html_()
    assert project.boxes("0001") == []


def test_labels_of_faces_have_their_boxes(tmp_path, videos):
    project = fer.labels(tmp_path / "labels", [videos / "s01_fear_1.mp4"], faces=True, raters=["Ann"])
    assert project.items["face"].tolist() == [0]
    boxes = project.boxes("0001")
    assert len(boxes) >= 10
    assert all(len(box) == 5 for box in boxes)


def test_marks_of_raters_come_back_as_tables(project):
    mark = project.mark("Ann", "0001", "joy", 0.1, 0.9, intensity=3)
    project.mark("Ann", "0001", "fear", 0.1, 0.5, mark=mark.id)
    project.done("Ann", "0001")
    project.show("Ben", "0001")
    project.mark("Ben", "0001", "fear", 0.2, 0.5, note="brief")
    project.done("Ben", "0001")
    project.done("Ben", "0002")
    assert project.undo("Ben") == "0002"
    assert project.answers()[["face", "label", "start", "end", "rater", "note", "shown"]].astype(
        object
    ).where(lambda cells: cells.notna(), None).values.tolist() == [
        [None, "fear", 0.1, 0.5, "Ann", "", False],
        [None, "fear", 0.2, 0.5, "Ben", "brief", True],
    ]
    assert len(project.answers("Ben")) == 1
    assert project.progress.set_index("rater").loc["Ben"].tolist() == [2, 1, 1, 1]
    state = project.state("Ben")
    assert state["undoable"] == 2
    item = next(item for item in state["items"] if item["id"] == "0001")
    assert (item["done"], item["shown"], len(item["marks"])) == (True, True, 1)
    project.remove("Ben", "0001", item["marks"][0]["id"])
    assert not project.answers("Ben")["label"].any()


def test_raters_are_added_later(project):
    project.add_rater("Cem")
    assert len(project.state("Cem")["items"]) == 2
    with pytest.raises(fer.ConfigError, match="has a rater 'Cem' already"):
        project.add_rater("Cem")


def test_consensus_is_exported_for_prepare(project, tmp_path):
    for rater in ("Ann", "Ben"):
        project.mark(rater, "0001", "fear", 0.0, 0.8, intensity=4)
        project.done(rater, "0001")
        project.done(rater, "0002")
    project.decide("0002", [{"label": "joy", "start": 0.2, "end": 1.0}], by="Ann, Ben")
    assert project.consensus()["rater"].tolist() == ["majority", "discussion"]
    table = project.export(tmp_path / "out" / "labels.csv")
    data = fer.prepare(table, tmp_path / "data", corpus="csv", labels="table", keep_every=1)
    assert data.videos[["subject", "emotion", "frames"]].values.tolist() == [
        ["Zoë", "fear", 20],
        ["s01_fear_2", "joy", 20],
    ]
    votes = pd.read_csv(tmp_path / "data" / "votes.csv")
    assert votes[["fear", "joy", "none"]].values.tolist() == [[2, 0, 0], [0, 0, 2]]
    assert project.export(tmp_path / "all.csv", "answers").is_file()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"classes": "table"}, "classes must be six, seven or names"),
        ({"raters": ["a/b"]}, "A rater's name"),
        ({"marks": "frames"}, "marks must be"),
        ({"classes": ["joy"]}, "A label set needs two"),
    ],
)
def test_labels_refuses_settings(tmp_path, videos, settings, words):
    with pytest.raises(fer.ConfigError, match=words):
        fer.labels(tmp_path / "labels", videos, **settings)
    assert not (tmp_path / "labels" / "project.json").exists()


def test_labels_refuses_what_is_no_project(tmp_path, project):
    with pytest.raises(fer.DatasetError, match="is no label project"):
        fer.labels(tmp_path)
    with pytest.raises(fer.ConfigError, match="which must be consensus or answers, got 'votes'"):
        project.export(tmp_path / "a.csv", "votes")


def test_import_table_takes_what_another_project_exported(tmp_path, project, videos):
    project.mark("Ann", "0001", "joy", 0.1, 0.9, intensity=3)
    project.mark("Ben", "0002", "fear", 0.2, 0.5)
    file = project.export(tmp_path / "out" / "answers.csv", "answers")
    other = fer.labels(tmp_path / "other", videos, classes=["joy", "fear"])
    taken = other.import_table(file)
    assert taken["status"].tolist() == ["added", "added"]
    assert other.raters == ("Ann", "Ben")
    times = ["label", "start", "end", "intensity", "rater"]
    assert other.answers()[times].equals(project.answers()[times])


def test_labels_keeps_the_reasons_of_its_videos(tmp_path, videos):
    one = videos / "s01_fear_1.mp4"
    project = fer.labels(tmp_path / "labels", videos, raters=["Ann"], reasons={str(one): "a model is unsure"})
    assert project.items["reason"].tolist() == ["a model is unsure", ""]
    assert {item["reason"] for item in project.state("Ann")["items"]} == {"a model is unsure", ""}
