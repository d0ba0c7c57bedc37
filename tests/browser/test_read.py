import csv
import json
import time
import zipfile

from helpers.browser_page import go, open_predictions, until
from helpers.sample_prediction import write_sample_predictions


def clock(page):
    """Seconds that the player shows."""
    return float(page.inner_text(".clock").split(" ")[0].split(":")[1])


def wait_for_clock(page, seconds, *, within=0.06):
    end = time.monotonic() + 60
    while abs(clock(page) - seconds) >= within:
        assert time.monotonic() < end, f"the player is at {clock(page)}, not at {seconds}"
        page.wait_for_timeout(30)


def click_lane(page, share):
    lane = page.locator('.lane[data-face="0"]').first
    lane.scroll_into_view_if_needed()
    lane.click(position={"x": share * lane.bounding_box()["width"], "y": 30})


def test_click_on_a_lane_seeks(reading):
    click_lane(reading, 0.5)
    wait_for_clock(reading, 4.8)
    assert "Happiness 90" in reading.inner_text('.lane-box:has(.lane[data-face="0"]) .said')
    until(reading, "Math.abs(document.querySelector('video').currentTime - 4.8) < 0.06")
    assert reading.locator('.lane[data-face="0"]').get_attribute("aria-valuetext").startswith("0:04.")


def test_arrow_keys_step_one_frame(reading):
    click_lane(reading, 0.25)
    wait_for_clock(reading, 2.4)
    until(reading, "document.querySelector('.clock').textContent.includes('frame 60')")
    reading.keyboard.press("ArrowRight")
    until(reading, "document.querySelector('.clock').textContent.includes('frame 61')")
    reading.keyboard.press("ArrowLeft")
    until(reading, "document.querySelector('.clock').textContent.includes('frame 60')")


def test_keys_play_and_stop(reading):
    reading.keyboard.press(" ")
    until(reading, "!document.querySelector('video').paused")
    until(reading, "document.querySelector('video').currentTime > 0.2")
    reading.keyboard.press("k")
    assert reading.evaluate("document.querySelector('video').paused")
    before = clock(reading)
    reading.keyboard.press("Shift+ArrowRight")
    wait_for_clock(reading, before + 1, within=0.1)
    reading.keyboard.press("Home")
    wait_for_clock(reading, 0)


def test_bracket_keys_go_from_stretch_to_stretch(reading):
    reading.keyboard.press("]")
    wait_for_clock(reading, 1.5)  # face 0 is happy for 1.5 seconds, then neutral
    reading.keyboard.press("]")
    wait_for_clock(reading, 4.0)
    reading.keyboard.press("[")
    wait_for_clock(reading, 1.5)


def test_keys_do_nothing_while_text_is_written_or_when_they_are_off(reading):
    reading.get_by_role("button", name="Rename Face 0").click()
    reading.get_by_role("dialog").get_by_role("textbox").press("l")
    reading.keyboard.press("Escape")
    assert reading.evaluate("document.querySelector('video').paused")
    reading.keyboard.press("?")
    reading.locator("#keys-on").uncheck()
    reading.keyboard.press("Escape")
    reading.keyboard.press("l")
    assert reading.evaluate("document.querySelector('video').paused")


def test_zoom_asks_for_what_is_in_view_and_the_overview_appears(reading):
    assert not reading.locator(".overview").is_visible()
    for _ in range(3):
        reading.get_by_role("button", name="Zoom in").click()
    assert reading.locator(".overview").is_visible()
    click_lane(reading, 1.0 - 1e-3)
    assert clock(reading) < 1.5
    reading.keyboard.press("0")
    reading.locator(".overview").wait_for(state="hidden")


def test_face_is_renamed_joined_parted_and_left_out(reading, app, result):
    reading.get_by_role("button", name="Rename Face 0").click()
    reading.get_by_role("dialog").get_by_role("textbox").fill("Ann <b>")
    reading.keyboard.press("Enter")
    reading.get_by_role("heading", name="Ann <b>", exact=True).wait_for()
    reading.get_by_role("button", name="Join Face 1 with another face").click()
    reading.get_by_role("dialog").get_by_text("Face 2").click()
    reading.get_by_role("dialog").get_by_role("button", name="Join").click()
    reading.get_by_role("button", name="Part Face 1").wait_for()
    assert reading.locator(".face-group").count() == 2
    reading.get_by_role("button", name="Part Face 1").click()
    until(reading, "document.querySelectorAll('.face-group').length === 3")
    reading.get_by_role("button", name="Leave out Face 2").click()
    reading.get_by_role("button", name="Count Face 2 again").wait_for()
    faces = {face["face"]: face for face in app.client.get(f"/api/v1/results/{result}").json()["faces"]}
    assert faces[0]["name"] == "Ann <b>"
    assert faces[2]["left_out"]


def test_join_of_two_faces_in_view_at_once_is_refused_in_words(reading):
    reading.get_by_role("button", name="Join Face 0 with another face").click()
    reading.get_by_role("dialog").get_by_text("Face 1").click()
    reading.get_by_role("dialog").get_by_role("button", name="Join").click()
    reading.locator(".toast.wrong").wait_for()
    assert reading.locator(".face-group").count() == 3


def test_apex_frame_is_a_button_that_goes_there(reading):
    apex = reading.locator(".apex").first
    words = apex.get_attribute("aria-label")
    apex.click()
    wait_for_clock(reading, float(words.rsplit(":", 1)[1]))


def test_two_models_stand_beside_each_other(reading, app, result, tmp_path):
    second = open_predictions(app, write_sample_predictions(tmp_path / "b", model="model B", shift=0.5))
    until(reading, "[...document.querySelectorAll('#beside option')].some(o => o.textContent === 'model B')")
    reading.select_option("#beside", label="model B")
    reading.locator(".verdicts.pairs").wait_for()
    assert reading.url.endswith(f"#/read/{result}?beside={second}")
    assert reading.locator('.face-group[data-face="0"] .lane').count() == 2
    assert reading.locator(".lane-model").all_inner_texts()[:2] == ["Amodel A", "Bmodel B"]
    assert reading.locator(".verdict").count() == 6
    reading.select_option("#beside", label="no second model")
    reading.locator(".verdicts:not(.pairs)").wait_for()


def test_downloads_follow_what_was_said_of_the_faces(reading, tmp_path):
    reading.get_by_role("button", name="Leave out Face 2").click()
    reading.get_by_role("button", name="Count Face 2 again").wait_for()
    for text, name in [
        ("Frames (CSV)", "frames.csv"),
        ("Verdicts (JSON)", "verdict.json"),
        ("Everything (zip)", "all.zip"),
    ]:
        with reading.expect_download() as download:
            reading.get_by_role("link", name=text).click()
        download.value.save_as(tmp_path / name)
    with (tmp_path / "frames.csv").open() as file:
        assert {row["face"] for row in csv.DictReader(file) if row["status"] == "ok"} == {"0", "1"}
    assert [face["face"] for face in json.loads((tmp_path / "verdict.json").read_text())["faces"]] == [0, 1]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert any(name.endswith("frames.csv") for name in archive.namelist())


def test_result_is_deleted_from_its_page(reading, app):
    reading.get_by_role("button", name="Delete this result").click()
    reading.get_by_role("dialog").get_by_role("button", name="Delete").click()
    until(reading, "location.hash === '#/read'")
    assert app.client.get("/api/v1/jobs").json() == []


def test_named_stretches_are_a_list_that_seeks(reading):
    reading.get_by_text("The named stretches as a list").click()
    reading.get_by_role("button", name="Happiness, 0:04.00 to 0:05.52").click()
    wait_for_clock(reading, 4.0)


def test_hour_of_frames_asks_for_little_and_moves_smoothly(page, app, tmp_path):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/timeline" in request.url else None)
    hour = open_predictions(app, write_sample_predictions(tmp_path / "hour", frames=90_000))
    go(page, f"#/read/{hour}")
    until(page, "document.querySelector('.said')?.textContent.includes('%')")
    milliseconds = page.evaluate(
        """async () => {
          const lane = document.querySelector('.lane');
          const all = { bubbles: true, cancelable: true, clientX: 600 };
          const wheel = (keys) => lane.dispatchEvent(new WheelEvent('wheel', { ...all, ...keys }));
          const times = [];
          let before = performance.now();
          for (let turn = 0; turn < 90; turn += 1) {
            wheel(turn < 40 ? { ctrlKey: true, deltaY: -60 } : { deltaX: 40 });
            await new Promise(requestAnimationFrame);
            times.push(performance.now() - before);
            before = performance.now();
          }
          return times.sort((a, b) => a - b)[45];
        }"""
    )
    assert len(asked) < 3 * 60  # three faces
    assert milliseconds < 100
