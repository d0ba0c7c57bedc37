import io
import zipfile

import pytest

from ferfusion.app.home import new_id
from ferfusion.app.jobs import Job
from ferfusion.app.problems import Problem
from ferfusion.app.result_routes import result_file, sent_file
from helpers.written import write_predictions


@pytest.fixture
def done(app, clip, quick_jobs):
    """The place of a result that is done."""
    row = app.send(clip)
    [job] = app.client.post("/api/v1/jobs", json={"inputs": [row["id"]]}).json()
    app.wait(job["id"], "done")
    return f"/api/v1/results/{job['id']}"


def test_source_is_sent_whole_and_in_ranges(app, clip, done):
    content = clip.read_bytes()
    answer = app.client.get(f"{done}/source")
    assert answer.content == content
    assert answer.headers["accept-ranges"] == "bytes"
    part = app.client.get(f"{done}/source", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == content[10:20]
    assert app.client.get(f"{done}/source", headers={"Range": "bytes=99999999-"}).status_code == 416


def test_result_that_is_not_there_is_a_problem(app, clip, quick_jobs):
    row = app.send(clip)
    [job] = app.client.post("/api/v1/jobs", json={"inputs": [row["id"]], "options": {"does": "wait"}}).json()
    answer = app.client.get(f"/api/v1/results/{job['id']}")
    assert answer.status_code == 409
    assert "has no result" in answer.json()["detail"]
    assert app.client.get("/api/v1/results/0123456789abcdef").status_code == 404


def test_missing_file_of_a_result_is_a_problem(app, done):
    assert app.client.get(f"{done}/annotated.mp4").status_code == 404


def test_result_file_leaves_its_folder_by_no_name_and_no_link(tmp_path):
    (tmp_path / "result").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "result" / "frames.csv").symlink_to(tmp_path / "secret")
    job = Job(id=new_id(), name="a", kind="video", folder=str(tmp_path / "result"))
    for name in ("frames.csv", "../secret", "/etc/passwd"):
        with pytest.raises(Problem, match="has no file"):
            result_file(job, name)


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("a.mp4", "video/mp4", "inline"),
        ("a.svgz.exe", "application/octet-stream", "attachment"),
        ("a.js", "application/octet-stream", "attachment"),
    ],
)
def test_only_videos_images_and_tables_are_shown(tmp_path, name, kind, shown):
    (tmp_path / name).write_bytes(b"1")
    answer = sent_file(tmp_path / name)
    assert answer.media_type == kind
    assert answer.headers["content-disposition"].startswith(shown)


@pytest.fixture
def written(app, tmp_path, clip):
    """The place of a result that was made elsewhere, of a clip that is there."""
    out = write_predictions(tmp_path / "predictions", clip)
    [row] = app.client.post("/api/v1/uploads/path", json={"path": str(out)}).json()
    assert row["kind"] == "result"
    return f"/api/v1/results/{row['job']}"


def test_result_has_faces_timeline_and_boxes(app, written):
    row = app.client.get(written).json()
    assert [face["face"] for face in row["faces"]] == [0, 1, 2]
    assert (row["video"]["width"], row["span"]) == (176, [0.0, 10.0])
    found = app.client.get(f"{written}/timeline", params={"face": 0, "from": 0, "to": 10, "points": 4}).json()
    assert found["p"]["Happiness"] == [0.9, 0.2, None, None]
    assert found["whole"] == [0.0, 10.0]
    boxes = app.client.get(f"{written}/boxes", params={"from": 2, "to": 2.1}).json()
    assert [box["face"] for box in boxes] == [0, 2]


@pytest.mark.parametrize(
    "query",
    [
        "timeline?points=0",
        "timeline?points=99999",
        "timeline?from=5&to=5",
        "timeline?from=nan",
        "timeline?face=-1",
        "boxes?from=0&to=11",
        "boxes?from=-1",
        "boxes?from=inf",
        "explain?face=0",
        "frame.jpg?seconds=x",
    ],
)
def test_question_that_makes_no_sense_is_a_problem(app, written, query):
    answer = app.client.get(f"{written}/{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["two\nlines", "a\0b", "\x7f"])
def test_name_of_a_face_with_a_control_character_is_a_problem(app, written, name):
    answer = app.client.patch(f"{written}/faces/0", json={"name": name})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_name_that_a_spreadsheet_would_run_has_an_apostrophe_in_the_table_alone(app, written):
    row = app.client.patch(f"{written}/faces/0", json={"name": "=1+1"}).json()
    assert row["faces"][0]["name"] == "=1+1"
    assert "'=1+1" in app.client.get(f"{written}/frames.csv").text


def test_downloads_follow_what_a_person_says_of_a_face(app, written):
    before = app.client.get(f"{written}/frames.csv").text
    row = app.client.patch(f"{written}/faces/0", json={"name": "Ada", "join": 1}).json()
    assert [(face["name"], face["joined"]) for face in row["faces"]] == [("Ada", [1]), ("", [])]
    after = app.client.get(f"{written}/frames.csv").text
    assert "Ada" in after
    assert "Ada" not in before
    assert app.client.get(f"{written}/verdict.json").json()["changes"]["joined"] == {"1": 0}
    with zipfile.ZipFile(io.BytesIO(app.client.get(f"{written}/zip").content)) as archive:
        assert sorted(archive.namelist()) == ["frames.csv", "report.html", "verdict.json"]
        assert archive.read("frames.csv").decode() == after
    assert app.client.patch(f"{written}/faces/0", json={"join": 2}).status_code == 409
    assert app.client.patch(f"{written}/faces/9", json={"name": "x"}).status_code == 409


def test_images_of_a_frame_are_made_once(app, written):
    for place in ("frame.jpg?seconds=0.5", "frame.jpg?seconds=0.5&face=0"):
        first = app.client.get(f"{written}/{place}")
        assert first.headers["content-type"] == "image/jpeg"
        assert app.client.get(f"{written}/{place}").content == first.content
    answer = app.client.get(f"{written}/frame.jpg?seconds=9&face=0")
    assert answer.status_code == 404
    assert "not in view" in answer.json()["detail"]
    assert app.client.get(f"{written}/actions?face=0&seconds=0").status_code == 400


def test_explanation_is_an_image(app, written):
    answer = app.client.get(f"{written}/explain", params={"face": 0, "seconds": 0.5})
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xff\xd8")


def test_result_of_elsewhere_is_removed_from_the_list_alone(app, written, tmp_path):
    app.client.delete(written.replace("results", "jobs"))
    assert (tmp_path / "predictions" / "a" / "frames.csv").is_file()
    assert app.client.get(written).status_code == 404


def test_written_page_runs_apart_from_the_app(app, written):
    page = app.client.get(f"{written}/report.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in page.headers["content-security-policy"]
