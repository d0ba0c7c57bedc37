import asyncio

import pytest
from starlette.requests import Request

from ferfusion.app.problems import Problem
from ferfusion.app.upload_routes import body_of
from helpers.app_server import running_app


def test_upload_of_a_video_is_known_as_one(app, clip):
    row = app.send(clip)
    assert row["kind"] == "video"
    assert row["bytes"] == clip.stat().st_size
    assert app.client.get("/api/v1/uploads").json() == [row]


def test_upload_that_is_no_video_says_why(app, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video at all")
    row = app.send(tmp_path / "a.mp4")
    assert row["kind"] == "unreadable"
    assert row["reason"].startswith("Cannot open a.mp4 as a video")
    answer = app.client.post("/api/v1/jobs", json={"inputs": [row["id"]]})
    assert answer.status_code == 422
    assert "a.mp4 is no video and no photograph" in answer.json()["detail"]


def test_upload_above_the_limit_is_refused_by_what_it_says_and_by_what_it_sends(tmp_path):
    with running_app(tmp_path, upload_bytes=1_000) as app:
        for content in (b"x" * 1_001, (b"x" * 600 for _ in range(2))):
            answer = app.client.post("/api/v1/uploads", content=content)
            assert answer.status_code == 413
            assert "at most 1,000 bytes" in answer.json()["detail"]
        assert app.client.get("/api/v1/uploads").json() == []
        assert list((tmp_path / "uploads").iterdir()) == []


def test_removed_upload_is_gone(app, clip):
    upload_id = app.send(clip)["id"]
    answer = app.client.delete(f"/api/v1/uploads/{upload_id}").json()
    assert answer["removed"] == [upload_id]
    assert answer["bytes"] > clip.stat().st_size
    assert app.client.delete(f"/api/v1/uploads/{upload_id}").status_code == 404


def test_upload_that_a_job_reads_is_kept(app, clip, quick_jobs):
    upload_id = app.send(clip)["id"]
    app.client.post("/api/v1/jobs", json={"inputs": [upload_id], "options": {"does": "wait"}})
    answer = app.client.delete(f"/api/v1/uploads/{upload_id}")
    assert answer.status_code == 409
    assert "remove the job before" in answer.json()["detail"]


def test_body_that_stalls_or_stops_is_a_problem():
    async def read(messages, **patience):
        async def receive():
            if not messages:
                await asyncio.sleep(10)
            return messages.pop(0)

        scope = {"type": "http", "method": "POST", "headers": []}
        return [part async for part in body_of(Request(scope, receive), **patience)]

    part = {"type": "http.request", "body": b"1", "more_body": True}
    with pytest.raises(Problem, match="No byte came within"):
        asyncio.run(read([part], chunk_seconds=0.05))
    with pytest.raises(Problem, match="not sent to its end"):
        asyncio.run(read([part, {"type": "http.disconnect"}]))
