import pytest

from ferfusion.app.home import new_id
from ferfusion.app.jobs import Job
from ferfusion.app.problems import Problem
from ferfusion.app.result_routes import result_file, sent_file


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
