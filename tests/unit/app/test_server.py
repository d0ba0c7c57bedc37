def test_errors_are_problem_json_with_one_line(app):
    for answer, status in (
        (app.client.get("/api/v1/none"), 404),
        (app.client.put("/api/v1/jobs"), 405),
        (app.client.post("/api/v1/jobs", content=b"{"), 422),
        (app.client.get("/none.js"), 404),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail"}


def test_page_and_interface_are_there(app):
    page = app.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "<title>" in page.text
    described = app.client.get("/api/v1/openapi.json").json()
    assert "/api/v1/jobs/{job_id}/cancel" in described["paths"]


def test_server_that_stops_leaves_running_jobs_to_the_next(tmp_path, clip, quick_jobs):
    from helpers.app_server import running_app

    with running_app(tmp_path / "home") as app:
        row = app.send(clip)
        [job] = app.client.post(
            "/api/v1/jobs", json={"inputs": [row["id"]], "options": {"does": "wait"}}
        ).json()
        app.wait(job["id"], "running")
    with running_app(tmp_path / "home") as app:
        assert app.wait(job["id"], "running")["name"] == clip.name
