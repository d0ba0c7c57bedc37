import pytest

from helpers.label_projects import write_project


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
