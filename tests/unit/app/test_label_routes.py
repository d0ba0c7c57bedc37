import pytest

from ferfusion.labelling.project import Item, Project
from helpers.label_projects import CLASSES, write_project


@pytest.fixture
def project(app, tmp_path):
    """A project that is open, as the page has it, and its address."""
    write_project(tmp_path / "labels")
    row = app.client.post("/api/v1/labels", json={"folder": str(tmp_path / "labels")}).json()
    return row | {"address": f"/api/v1/labels/{row['id']}"}


def mark(app, project, **values):
    body = {"rater": "Ann", "item": "0000", "label": "joy", "start": 1, "end": 2} | values
    return app.client.post(f"{project['address']}/marks", json=body)


def test_opened_project_is_listed_with_its_colours(app, project, tmp_path):
    assert [row["id"] for row in app.client.get("/api/v1/labels").json()] == [project["id"]]
    found = app.client.get(project["address"]).json()
    assert list(found["colours"]) == found["classes"] == ["joy", "anger", "calm"]
    [again] = app.client.post("/api/v1/uploads/path", json={"path": str(tmp_path / "labels")}).json()
    assert (again["kind"], again["id"]) == ("labels", project["id"])


def test_acts_of_a_rater_answer_with_the_state(app, project):
    state = mark(app, project, intensity=2).json()
    assert state["mark"] == 1
    [item] = [item for item in state["items"] if item["id"] == "0000"]
    assert item["marks"] == [{"id": 1, "label": "joy", "start": 1.0, "end": 2.0, "intensity": 2, "note": ""}]
    ann = {"rater": "Ann", "item": "0000"}
    done = app.client.post(f"{project['address']}/done", json=ann).json()
    assert [item["done"] for item in done["items"] if item["id"] == "0000"] == [True]
    assert app.client.post(f"{project['address']}/undo", json={"rater": "Ann"}).json()["item"] == "0000"
    removed = app.client.post(f"{project['address']}/remove", json=ann | {"mark": 1}).json()
    assert all(not item["marks"] for item in removed["items"])
    state = app.client.get(f"{project['address']}/raters/Ann").json()
    assert state["undoable"] == 2


def test_change_of_a_mark_leaves_the_rest_as_it_is(app, project):
    mark(app, project, intensity=2, note="seen twice")
    change = {"rater": "Ann", "item": "0000", "mark": 1}
    address = f"{project['address']}/change"
    state = app.client.post(address, json=change | {"intensity": 4}).json()
    [item] = [item for item in state["items"] if item["id"] == "0000"]
    assert item["marks"][0] | {} == {
        "id": 1,
        "label": "joy",
        "start": 1.0,
        "end": 2.0,
        "intensity": 4,
        "note": "seen twice",
    }
    state = app.client.post(address, json=change | {"intensity": None, "label": "calm"}).json()
    [item] = [item for item in state["items"] if item["id"] == "0000"]
    assert [item["marks"][0][name] for name in ("label", "intensity", "note")] == ["calm", None, "seen twice"]
    assert app.client.post(address, json=change | {"mark": 9}).status_code == 404
    assert app.client.post(address, json=change | {"intensity": "4"}).status_code == 422


def test_project_is_taken_from_the_list_and_stays_on_disk(app, project, tmp_path):
    assert app.client.delete(project["address"]).status_code == 204
    assert app.client.get("/api/v1/labels").json() == []
    assert (tmp_path / "labels" / "project.json").is_file()
    assert app.client.delete(project["address"]).status_code == 404


def test_project_that_is_damaged_is_not_kept_in_the_list(app, tmp_path):
    write_project(tmp_path / "bad")
    answers = tmp_path / "bad" / "answers"
    answers.mkdir()
    (answers / "Ann.jsonl").write_text('{"action": "mark", "item": "0000", "mark": {"id": []}}\n')
    refused = app.client.post("/api/v1/labels", json={"folder": str(tmp_path / "bad")})
    assert refused.status_code == 422
    assert app.client.get("/api/v1/labels").json() == []


@pytest.mark.parametrize("name", ["answers", "export"])
def test_link_out_of_a_project_is_refused(app, project, tmp_path, name):
    (tmp_path / "outside").mkdir()
    (tmp_path / "labels" / name).symlink_to(tmp_path / "outside")
    assert mark(app, project).status_code == 403
    assert app.client.post(f"{project['address']}/export", json={}).status_code == 403
    assert list((tmp_path / "outside").iterdir()) == []


def test_file_that_is_no_video_is_not_sent(app, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    item = Item("0000", "../secret.txt", seconds=1.0)
    Project(tmp_path / "labels", CLASSES, items=(item,), shares={"Ann": ("0000",)}).save()
    row = app.client.post("/api/v1/labels", json={"folder": str(tmp_path / "labels")}).json()
    answer = app.client.get(f"/api/v1/labels/{row['id']}/items/0000/source")
    assert (answer.status_code, "secret.txt is no video" in answer.json()["detail"]) == (422, True)


def test_folder_of_nobody_is_a_problem(app):
    answer = app.client.post("/api/v1/labels", json={"folder": "~nobody-of-this-name/x"})
    assert answer.status_code == 404


def test_rater_sees_no_marks_of_another(app, project):
    mark(app, project)
    state = app.client.get(f"{project['address']}/raters/Ben").json()
    assert all(not item["marks"] for item in state["items"])
    assert app.client.post(f"{project['address']}/raters", json={"rater": "Cem"}).status_code == 201
    assert len(app.client.get(f"{project['address']}/raters/Cem").json()["items"]) == 2


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"label": "fear"}, 400, "Unknown expression 'fear'"),
        ({"rater": "Dora"}, 400, "no rater 'Dora'"),
        ({"item": "../x"}, 400, "no item '../x'"),
        ({"end": 0.5}, 400, "begins before it ends"),
        ({"start": -1}, 422, "start"),
        ({"intensity": 11}, 422, "intensity"),
    ],
)
def test_mark_that_cannot_be_is_a_problem(app, project, values, status, words):
    answer = mark(app, project, **values)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("verb", "rest"),
    [("get", ""), ("get", "/raters/Ann"), ("get", "/items/0000/boxes"), ("get", "/agreement?rater=Ann")],
)
def test_project_that_is_not_there_is_a_problem(app, verb, rest):
    answer = getattr(app.client, verb)(f"/api/v1/labels/0123456789abcdef{rest}")
    assert answer.status_code == 404
    assert "There is no label project" in answer.json()["detail"]


def test_video_of_an_item_that_is_gone_is_a_problem(app, project):
    answer = app.client.get(f"{project['address']}/items/0000/source")
    assert answer.status_code == 404
    assert "clip0.mp4" in answer.json()["detail"]


@pytest.mark.slow
def test_project_is_made_of_videos_and_its_answer_of_the_model_is_noted(app, tmp_path, clip):
    body = {
        "folder": str(tmp_path / "new"),
        "videos": [str(clip)],
        "classes": ["Fear", "calm"],
        "raters": ["Ann"],
        "faces": True,
    }
    made = app.client.post("/api/v1/labels", json=body, timeout=120)
    assert made.status_code == 201, made.text
    address = f"/api/v1/labels/{made.json()['id']}"
    assert made.json()["items"] == 1
    assert len(app.client.get(f"{address}/items/0001/boxes").json()) >= 10
    source = app.client.get(f"{address}/items/0001/source", headers={"Range": "bytes=0-9"})
    assert (source.status_code, len(source.content)) == (206, 10)
    shown = app.client.post(f"{address}/show", json={"rater": "Ann", "item": "0001"}, timeout=120).json()
    assert "Face 0" in shown["statement"]
    assert shown["items"][0]["shown"]
    again = app.client.post("/api/v1/labels", json=body, timeout=120)
    assert again.status_code == 400
    assert "is a label project already" in again.json()["detail"]
