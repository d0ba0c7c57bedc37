"""Odd and hostile files through the app: each ends its own job at most, and the server answers."""

import pytest

from helpers.app_server import running_app

pytestmark = pytest.mark.slow


def test_odd_files_end_their_own_jobs_and_nothing_else(real_data, tmp_path):
    files = sorted(path for path in (real_data / "odd").iterdir() if path.is_file())
    assert len(files) >= 6
    cut = tmp_path / "cut.mp4"
    cut.write_bytes((real_data / "clips" / "single_face.mp4").read_bytes()[:60_000])
    with running_app(tmp_path / "home", jobs=2) as app:
        jobs, ends = {}, {}
        for file in (*files, cut):
            upload = app.send(file)
            if upload["kind"] == "video":
                [job] = app.client.post("/api/v1/jobs", json={"inputs": [upload["id"]]}).json()
                jobs[file.name] = job["id"]
            else:
                assert upload["reason"], file.name
                ends[file.name] = "unreadable"
        for name, job_id in jobs.items():
            done = app.wait(job_id, seconds=120)
            assert done["state"] == "done" or done["message"], name
            ends[name] = done["state"]
        assert app.client.get("/api/v1/health").status_code == 200
    assert set(ends.values()) <= {"unreadable", "done", "failed"}
    assert list(ends.values()).count("done") >= 3
