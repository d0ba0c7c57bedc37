import httpx
import pytest

from helpers.app_server import TOKEN, events_of, running_app


def add(app, *uploads, **values):
    return app.client.post("/api/v1/jobs", json={"inputs": [row["id"] for row in uploads], **values})


def test_each_video_is_a_job_and_the_photographs_are_one(app, clip, tmp_path, quick_jobs):
    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    photographs = [app.send(tmp_path / "a.png"), app.send(tmp_path / "a.png", name="b.png")]
    jobs = add(app, app.send(clip), *photographs, app.send(clip)).json()
    assert [job["kind"] for job in jobs] == ["video", "video", "photographs"]
    assert [len(job["uploads"]) for job in jobs] == [1, 1, 2]
    assert jobs[2]["name"] == "2 photographs"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wndow": 1}, "Unknown prediction settings: wndow; did you mean window?"),
        ({"window": "long"}, "window must be a number, got 'long'"),
        ({"actions": "large"}, "Unknown estimator of actions 'large'; choose one of face-landmarker, small."),
    ],
)
def test_job_with_an_option_that_a_prediction_does_not_have_is_refused(app, clip, options, message):
    answer = add(app, app.send(clip), options=options)
    assert (answer.status_code, answer.json()["detail"]) == (400, message)
    assert app.client.get("/api/v1/jobs").json() == []


def test_job_is_cancelled_tried_again_and_removed(app, clip, quick_jobs):
    [job] = add(app, app.send(clip), options={"does": "wait"}).json()
    place = f"/api/v1/jobs/{job['id']}"
    app.wait(job["id"], "running")
    assert app.client.post(f"{place}/cancel").json()["state"] == "cancelled"
    assert app.client.post(f"{place}/cancel").status_code == 409
    assert app.client.post(f"{place}/retry").json()["state"] == "waiting"
    answer = app.client.delete(place).json()
    assert answer["bytes"] > clip.stat().st_size
    assert len(answer["removed"]) == 2
    assert app.client.get(place).status_code == 404
    assert app.client.get("/api/v1/uploads").json() == []


def test_upload_stays_while_another_job_reads_it(app, clip, quick_jobs):
    row = app.send(clip)
    jobs = [add(app, row).json()[0] for _ in range(2)]
    app.client.delete(f"/api/v1/jobs/{jobs[0]['id']}")
    assert app.client.get("/api/v1/uploads").json() == [row]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"inputs": []}, 422),
        ({"inputs": ["0123456789abcdef"]}, 404),
        ({"inputs": ["../.."]}, 404),
        ({}, 422),
        ({"inputs": "x"}, 422),
        ({"inputs": ["0123456789abcdef"], "model": "no"}, 404),
    ],
)
def test_job_that_cannot_be_made_is_a_problem(app, body, status):
    answer = app.client.post("/api/v1/jobs", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "\n" not in answer.json()["detail"]


def test_events_begin_with_all_jobs_and_tell_every_change(tmp_path, clip, quick_jobs):
    """The stream ends with the server."""
    with running_app(tmp_path / "home") as app:
        [first] = add(app, app.send(clip)).json()
        app.wait(first["id"])
        stream = httpx.stream(
            "GET",
            f"{app.address}/api/v1/events",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=20,
            trust_env=False,
        )
        text, told = "", []
        with stream as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for part in answer.iter_text():
                text += part
                told = events_of(text[: text.rfind("\n\n") + 2])
                if len(told) == 1:
                    app.client.delete(f"/api/v1/jobs/{first['id']}")
                if told[-1][0] == "gone":
                    break
    assert told[0][1]["state"] == "done"
    assert told[-1] == ("gone", {"id": first["id"]})
