import pytest

from helpers.datasets import write_dataset
from helpers.runs import write_run


def get(app, place, **query):
    return app.client.get(f"/api/v1/{place}", params=query)


def test_folder_is_described_and_its_page_is_sent_apart(app, tmp_path):
    run = write_run(tmp_path / "run")
    row = get(app, "folder", path=run).json()
    assert (row["kind"], row["report"]) == ("run", None)
    (run / "report.html").write_text("<script>1</script>")
    page = get(app, "folder/report", path=run)
    assert page.text == "<script>1</script>"
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts")


@pytest.mark.parametrize("path", ["/no/such", "/etc/passwd", "relative", "\0"])
def test_folder_that_cannot_be_opened_is_a_problem(app, path):
    assert get(app, "folder", path=path).status_code in (400, 404, 422)


def test_page_that_is_a_link_is_not_sent(app, tmp_path):
    run = write_run(tmp_path / "run")
    (run / "report.html").symlink_to("/etc/passwd")
    assert get(app, "folder/report", path=run).status_code == 404


def test_curves_of_a_run_and_of_a_job(app, tmp_path, quick_jobs):
    data = write_dataset(tmp_path / "data", frames=3)
    body = {"dataset": str(data), "run": str(tmp_path / "run"), "options": {"does": "wait"}}
    job = app.client.post("/api/v1/trainings", json=body).json()
    assert (job["kind"], job["path"]) == ("training", str(tmp_path / "run"))
    assert get(app, f"runs/{job['id']}/curves").json()["epochs"] == []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.csv").write_text("epoch,val_uar\n1,0.5\n")
    assert get(app, f"runs/{job['id']}/curves").json()["series"][0]["values"] == [0.5]
    assert get(app, "curves", path=tmp_path / "run").json()["epochs"] == [1]
    assert app.client.get(f"/api/v1/results/{job['id']}").status_code == 409


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"dataset": "/tmp"}, 422),
        ({"run": "/no/such/parent/run"}, 404),
        ({"run": "/"}, 422),
        ({"run": ""}, 422),
        ({"options": {"epoch": 1}}, 400),
    ],
)
def test_training_that_cannot_begin_is_a_problem(app, tmp_path, changed, status):
    data = write_dataset(tmp_path / "data", frames=3)
    body = {"dataset": str(data), "run": str(tmp_path / "run"), **changed}
    assert app.client.post("/api/v1/trainings", json=body).status_code == status


def test_options_of_a_recipe(app):
    names = [option["name"] for option in get(app, "recipes/train").json()]
    assert {"architecture", "epochs"} <= set(names)
    assert get(app, "recipes/dance").status_code == 400


def test_comparison_needs_two_runs(app, tmp_path):
    assert get(app, "compare", runs=[str(tmp_path)]).status_code == 422
