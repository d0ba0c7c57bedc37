import base64

import pytest

from helpers.browser_page import until
from helpers.sample_prediction import SAMPLE


def test_first_page_explains_itself_and_names_the_model(page):
    assert page.inner_text("h1") == "Displayed expressions in your videos"
    assert page.locator(".three li").count() == 3
    until(page, "document.querySelector('#model').options.length > 0")
    assert "WAR" in page.inner_text("#model-about")
    assert "baseline" in page.inner_text("#model-about")


@pytest.mark.slow
def test_sample_video_is_predicted_and_read(page):
    page.click("#sample")
    page.locator(".job").wait_for()
    page.locator(".job[data-state='done']").wait_for(timeout=240_000)
    assert not page.locator(".intro").is_visible()
    page.get_by_role("link", name="Read sample.mp4").click()
    page.locator(".lane").first.wait_for()
    assert page.inner_text("h1") == "sample.mp4"
    assert page.locator(".verdict").count() >= 2


def test_upload_becomes_a_job_with_progress(page, app, quick_jobs, sample_corpus):
    clip = sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"
    page.set_input_files("#files", clip)
    page.locator(".job[data-state='done']").wait_for()
    assert page.inner_text(".job-name") == clip.name
    (job,) = app.client.get("/api/v1/jobs").json()
    assert job["kind"] == "video"


def test_dropped_files_become_jobs(page, app, quick_jobs, sample_corpus):
    clips = sorted((sample_corpus / "s01" / "fear").glob("*.mp4"))
    page.evaluate(
        """files => {
          const transfer = new DataTransfer();
          for (const [name, base64] of files) {
            const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type: 'video/mp4' }));
          }
          const zone = document.getElementById('drop');
          const drag = (kind) => zone.dispatchEvent(
            new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
          drag('dragenter');
          window.marked = zone.classList.contains('over');
          drag('dragover');
          drag('drop');
        }""",
        [[clip.name, base64.b64encode(clip.read_bytes()).decode()] for clip in clips],
    )
    assert page.evaluate("window.marked")
    until(page, "document.querySelectorAll('.job[data-state=done]').length === 2")
    assert sorted(job["name"] for job in app.client.get("/api/v1/jobs").json()) == [
        clip.name for clip in clips
    ]


def test_running_job_shows_its_progress_and_is_cancelled_and_tried_again(page, app, quick_jobs):
    upload = app.send(SAMPLE)
    (job,) = app.client.post(
        "/api/v1/jobs", json={"inputs": [upload["id"]], "options": {"does": "wait"}}
    ).json()
    page.locator(".job[data-state='running']").wait_for()
    until(page, "document.querySelector('.numbers').textContent.includes('1 of 4 frames')")
    assert page.locator(".job progress").get_attribute("value") == "0.25"
    page.get_by_role("button", name="Cancel sample.mp4").click()
    page.locator(".job[data-state='cancelled']").wait_for()
    assert app.job(job["id"])["state"] == "cancelled"
    assert page.evaluate("document.activeElement.textContent") == "Try again"  # the focus stays in the row
    page.keyboard.press("Enter")
    page.locator(".job[data-state='running']").wait_for()


def test_failed_job_says_why(page, app, quick_jobs):
    upload = app.send(SAMPLE)
    app.client.post("/api/v1/jobs", json={"inputs": [upload["id"]], "options": {"does": "fail"}})
    page.locator(".job[data-state='failed']").wait_for()
    assert page.inner_text(".job-message") == "clip.mp4: it is no video"


def test_file_that_is_no_video_is_told_and_starts_no_job(page, app, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    page.set_input_files("#files", tmp_path / "notes.mp4")
    page.locator(".toast.wrong").wait_for()
    assert "notes.mp4" in page.inner_text(".toast.wrong")
    assert app.client.get("/api/v1/jobs").json() == []


def test_path_that_is_not_there_is_told(page):
    page.fill("#path", "/none/at/all.mp4")
    page.get_by_role("button", name="Open").click()
    page.locator(".toast.wrong").wait_for()
    assert "/none/at/all.mp4" in page.inner_text(".toast.wrong")


def test_job_is_deleted_after_a_question(page, app, result):
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    assert page.locator(".job").count() == 1
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.locator(".toast").wait_for()
    assert page.locator(".job").count() == 0
    assert app.client.get("/api/v1/jobs").json() == []


def test_paths_are_opened_one_after_the_other_without_waiting(page, quick_jobs, sample_corpus):
    clips = sorted((sample_corpus / "s01" / "fear").glob("*.mp4"))
    for clip in clips:
        page.fill("#path", str(clip))
        page.get_by_role("button", name="Open").click()
    until(page, "document.querySelectorAll('.job[data-state=done]').length === 2")
    assert {*page.locator(".job-name").all_inner_texts()} == {clip.name for clip in clips}
