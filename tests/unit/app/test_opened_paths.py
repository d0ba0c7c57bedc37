import shutil
from pathlib import Path

import pytest

from helpers.app_server import running_app


def opened(app, path):
    return app.client.post("/api/v1/uploads/path", json={"path": str(path)})


def test_folder_is_opened_where_it_is(app, clip, tmp_path):
    answer = opened(app, clip.parent)
    assert answer.status_code == 201
    rows = answer.json()
    assert clip.name in [row["name"] for row in rows]
    assert {row["kind"] for row in rows} == {"video"}
    assert not [path for path in (tmp_path / "home").rglob("*") if path.suffix == clip.suffix]


def test_file_that_is_opened_again_is_the_same_upload(app, clip):
    assert opened(app, clip).json() == opened(app, clip).json()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/no/such/file.mp4", 404, "There is no file or folder"),
        ("\0", 404, "There is no file or folder"),
        (".", 400, "is not a whole path"),
        ("", 422, "path"),
    ],
)
def test_path_that_cannot_be_opened_is_a_problem(app, path, status, words):
    answer = opened(app, path)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_folder_without_a_video_says_so(app, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "There is no video or photograph" in opened(app, tmp_path / "empty").json()["detail"]


def test_paths_outside_of_the_roots_are_refused_also_through_links(tmp_path, clip):
    inside = tmp_path / "inside"
    inside.mkdir()
    shutil.copy(clip, inside)
    (inside / "link").symlink_to(clip.parent)
    with running_app(tmp_path / "home", roots=(inside,)) as app:
        assert opened(app, inside / clip.name).status_code == 201
        for path in (clip, inside / "link" / clip.name, inside / ".." / "inside" / "..", Path("/etc/none")):
            answer = opened(app, path)
            assert answer.status_code == 403
            assert "outside of the folders that this app may open" in answer.json()["detail"]
