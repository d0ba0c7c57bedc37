from helpers.browser_page import go
from helpers.datasets import write_dataset


def test_folder_that_is_nothing_is_told(page, tmp_path):
    go(page, "#/study")
    page.fill("#folder-path", str(tmp_path))
    page.get_by_role("button", name="Open").click()
    page.locator(".study .note").wait_for()
    assert "There is no dataset, run, study" in page.inner_text(".study")


def test_dataset_starts_a_training_with_what_was_changed(page, app, quick_jobs, tmp_path):
    data = write_dataset(tmp_path / "data", frames=3)
    go(page, f"#/study?path={data}")
    page.get_by_role("button", name="Train a model on this dataset").click()
    page.get_by_label("epochs", exact=True).fill("2")
    page.get_by_role("button", name="Start the training").click()
    page.locator(".job[data-state='done']").wait_for()
    (job,) = app.client.get("/api/v1/jobs").json()
    assert (job["kind"], job["options"]) == ("training", {"epochs": 2})
    assert job["path"] == f"{data}-run"
