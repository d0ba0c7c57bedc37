import csv
from pathlib import Path

import pytest

import ferfusion as fer
from helpers.label_projects import write_project


@pytest.fixture
def labels(tmp_path):
    write_project(tmp_path / "labels")
    return fer.labels(tmp_path / "labels")


@pytest.fixture
def address(app, labels):
    row = app.client.post("/api/v1/labels", json={"folder": str(labels.folder)}).json()
    return f"/api/v1/labels/{row['id']}"


def label_all(labels):
    for rater, label in (("Ann", "joy"), ("Ben", "calm")):
        for item in ("0000", "0001"):
            labels.mark(rater, item, "joy" if item == "0001" else label, 1, 5)
            labels.done(rater, item)


def test_agreement_is_for_a_rater_who_has_finished(app, labels, address):
    labels.mark("Ann", "0000", "joy", 1, 2)
    labels.done("Ann", "0000")
    answer = app.client.get(f"{address}/agreement", params={"rater": "Ann"})
    assert answer.status_code == 409
    assert "when all 2 items are finished; 1 are left" in answer.json()["detail"]


def test_agreement_has_alpha_disputes_and_both_answers(app, labels, address):
    label_all(labels)
    found = app.client.get(f"{address}/agreement", params={"rater": "Ben"}).json()
    assert [row["what"] for row in found["alpha"]] == ["class", "intensity"]
    assert found["alpha"][1]["value"] is None
    assert [row["item"] for row in found["disputed"]] == ["0000"]
    assert len(found["answers"]) == 4
    [table] = found["confusions"]
    assert table["raters"] == ["Ann", "Ben"]
    assert table["counts"][0][2] == 4.0


def test_answers_of_a_rater_who_has_not_finished_are_not_shown(app, labels, address):
    label_all(labels)
    labels.done("Ben", "0001", is_done=False)
    found = app.client.get(f"{address}/agreement", params={"rater": "Ann"}).json()
    assert [row["item"] for row in found["disputed"]] == ["0000"]
    assert {row["rater"] for row in found["answers"]} == {"Ann"}


def test_decision_holds_and_is_exported(app, labels, address):
    label_all(labels)
    body = {
        "item": "0000",
        "marks": [{"label": "anger", "start": 1, "end": 3}],
        "by": "Ann, Ben",
        "rater": "Ann",
    }
    found = app.client.post(f"{address}/decide", json=body).json()
    assert [(row["label"], row["rater"]) for row in found["consensus"]] == [
        ("anger", "discussion"),
        ("joy", "majority"),
    ]
    written = app.client.post(f"{address}/export", json={}).json()["path"]
    with Path(written).open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["anger", "joy"]
    assert app.client.post(f"{address}/export", json={"which": "answers"}).status_code == 201
    assert app.client.post(f"{address}/export", json={"which": "../x"}).status_code == 400
    wrong = app.client.post(f"{address}/decide", json=body | {"marks": [{"label": "fear"}]})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "values", [{"intensity": 2.5}, {"start": "a"}, {"intensity": "3"}, {"note": None}, {"start": True}]
)
def test_decision_with_a_wrong_value_is_refused_before_it_is_written(app, labels, address, values):
    label_all(labels)
    mark = {"label": "anger", "start": 1, "end": 3} | values
    body = {"item": "0000", "marks": [mark], "by": "Ann", "rater": "Ann"}
    assert app.client.post(f"{address}/decide", json=body).status_code == 422
    assert not (labels.folder / "consensus.jsonl").exists()


def test_who_has_not_finished_decides_nothing_and_a_change_after_the_agreement_is_noted(app, labels, address):
    label_all(labels)
    labels.done("Ben", "0000", is_done=False)
    body = {"item": "0000", "marks": [], "by": "Ben", "rater": "Ben"}
    assert app.client.post(f"{address}/decide", json=body).status_code == 409
    app.client.get(f"{address}/agreement", params={"rater": "Ann"})
    assert not labels.answers("Ann")["shown"].any()
    labels.mark("Ann", "0001", "anger", 6, 7)
    assert labels.answers("Ann").set_index("label").loc["anger", "shown"]
