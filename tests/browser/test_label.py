"""Two raters label twenty videos with two faces in the browser; the server is killed in the middle."""

import signal
import time

import numpy as np
import pandas as pd
import pytest

import ferfusion as fer
from helpers.app_server import TOKEN, app_process
from helpers.browser_page import until
from helpers.label_projects import write_project
from helpers.videos import decode_plainly, write_video

pytestmark = pytest.mark.slow
VIDEOS = 20
KEYS = {"Ann": ("1", "2"), "Ben": ("1", "3")}
"""Keys of the two faces' classes; the raters agree on the first face alone."""


@pytest.fixture(scope="module")
def videos(sample_corpus, tmp_path_factory):
    """Twenty copies of a video with two rendered people side by side, of 0.6 seconds."""
    folder = tmp_path_factory.mktemp("videos")
    people = [
        [frame.to_ndarray(format="rgb24") for frame in decode_plainly(sample_corpus / person / "fear" / name)]
        for person, name in (("s01", "s01_fear_1.mp4"), ("s06", "s06_fear_1.mp4"))
    ]
    images = [np.concatenate(pair, axis=1) for pair in zip(*people, strict=True)][:15]
    first = write_video(folder / "00.mp4", images)
    for number in range(1, VIDEOS):
        (folder / f"{number:02d}.mp4").write_bytes(first.read_bytes())
    return folder


@pytest.fixture
def label_page(browser):
    """Opens the page of a rater of a project."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def opened(client, project_id, rater):
        page.goto(f"{str(client.base_url).partition('/api')[0]}/?token={TOKEN}")
        page.wait_for_selector("h1")
        page.evaluate("place => { location.hash = place }", f"#/label/{project_id}?rater={rater}")
        page.locator(".label-classes").wait_for()
        return page

    yield opened
    assert not faults
    context.close()


def seek(page, seconds):
    until(page, "document.querySelector('video').readyState >= 2")
    page.evaluate("seconds => { document.querySelector('video').currentTime = seconds }", seconds)
    until(page, "seconds => Math.abs(document.querySelector('video').currentTime - seconds) < 0.03", seconds)


def label_items(page, rater, *, most):
    """Label items by keys as far as they are not done; return how many."""
    for number in range(most):
        if page.inner_text("p[role=status]").startswith("All items"):
            return number
        face = int(page.inner_text("main h2").split("face ")[1].split()[0])
        before = page.inner_text("p[role=status]")
        key = KEYS[rater][face]
        seek(page, 0.1)
        page.keyboard.press(key)
        seek(page, 0.4)
        page.keyboard.press(key)
        page.locator(".mark-table tbody tr").wait_for()
        page.keyboard.press("Shift+Digit2")
        until(page, "document.querySelector('.mark-table select').value === '2'")
        page.keyboard.press("d")
        until(page, "before => document.querySelector('p[role=status]').textContent !== before", before)
    return most


def test_two_raters_label_twenty_videos_and_a_killed_server_loses_nothing(label_page, videos, tmp_path):
    body = {
        "folder": str(tmp_path / "labels"),
        "videos": [str(videos)],
        "classes": ["Fear", "Anger", "Sadness"],
        "raters": ["Ann", "Ben"],
        "faces": True,
    }
    with app_process(tmp_path / "home") as (process, client):
        project = client.post("/labels", json=body, timeout=240).json()
        assert project["items"] == 2 * VIDEOS
        page = label_page(client, project["id"], "Ann")
        assert label_items(page, "Ann", most=17) == 17
        seek(page, 0.2)
        page.keyboard.press("1")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with app_process(tmp_path / "home") as (_, client):
        assert client.get(f"/labels/{project['id']}").json()["raters"][0]["done"] == 17
        assert label_items(label_page(client, project["id"], "Ann"), "Ann", most=99) == 2 * VIDEOS - 17
        page = label_page(client, project["id"], "Ben")
        label_items(page, "Ben", most=99)
        page.get_by_role("link", name="Agreement").click()
        page.locator(".dispute").first.wait_for()
        assert page.locator(".dispute").count() == VIDEOS  # the second face of each
        page.get_by_role("button", name="Decide as Ben says").first.click()
        until(page, "document.body.textContent.includes('Decided by Ben')")
        page.get_by_role("button", name="Write what holds").click()
        until(page, "document.body.textContent.includes('labels.csv')")
    check_export(fer.labels(tmp_path / "labels"), tmp_path)


def test_table_keeps_the_focus_and_a_refused_stretch_finishes_nothing(page, app, tmp_path, videos):
    labels = fer.labels(tmp_path / "labels", videos / "00.mp4", classes=["Fear", "Anger"], raters=["Ann"])
    row = app.client.post("/api/v1/labels", json={"folder": str(labels.folder)}).json()
    page.evaluate("place => { location.hash = place }", f"#/label/{row['id']}?rater=Ann")
    page.locator(".label-classes").wait_for()
    seek(page, 0.1)
    page.keyboard.press("1")
    seek(page, 0.3)
    page.keyboard.press("1")
    page.locator(".mark-table select").focus()
    page.keyboard.press("3")
    until(page, "document.querySelector('.mark-table select').value === '3'")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.keyboard.press("Tab")
    page.keyboard.type("dad 12")
    page.keyboard.press("Tab")
    end = time.monotonic() + 20
    while not labels.answers("Ann")["note"].eq("dad 12").all():
        assert time.monotonic() < end
        page.wait_for_timeout(50)
    [item] = labels.state("Ann")["items"]
    assert ([mark["intensity"] for mark in item["marks"]], item["done"]) == ([3], False)
    page.evaluate("document.activeElement.blur()")
    seek(page, 0.2)
    page.keyboard.press("2")
    seek(page, 0.5)
    page.keyboard.press("d")
    until(page, "document.getElementById('toasts').textContent.includes('overlaps Fear')")
    assert not labels.state("Ann")["items"][0]["done"]


def check_export(labels, folder):
    """The rows are the answers, alpha is that of a count by hand, and the labels are trained on."""
    answers = labels.answers()
    assert len(answers) == 4 * VIDEOS
    assert set(answers["intensity"]) == {2}
    assert (answers["end"] - answers["start"]).between(0.2, 0.4).all()
    by_hand = expected_alpha(answers, seconds=labels.items["seconds"].iloc[0])
    assert labels.agreement().alpha["value"].iloc[0] == pytest.approx(by_hand)
    table = pd.read_csv(folder / "labels" / "export" / "consensus" / "labels.csv")
    held = labels.consensus()
    assert table[["label", "face"]].values.tolist() == held[["label", "face"]].values.tolist()
    assert table["label"].value_counts().to_dict() == {"Fear": VIDEOS, "Sadness": 1}
    again = labels.export(folder / "out" / "answers.csv", "answers")
    assert pd.read_csv(again)["rater"].value_counts().to_dict() == {"Ann": 2 * VIDEOS, "Ben": 2 * VIDEOS}


def expected_alpha(answers, *, seconds):
    """Krippendorff's alpha of two raters from counts of tenths of a second."""
    pairs = []
    times = (np.arange(round(seconds * 10)) + 0.5) / 10
    for _, of_item in answers.groupby(["path", "face"]):
        columns = []
        for rater in ("Ann", "Ben"):
            mark = of_item[of_item["rater"] == rater].iloc[0]
            inside = (times >= mark["start"]) & (times < mark["end"])
            columns.append(np.where(inside, mark["label"], "none"))
        pairs += list(zip(*columns, strict=True))
    values = [value for pair in pairs for value in pair]
    counts = pd.Series(values).value_counts()
    observed = sum(one != other for one, other in pairs) / len(pairs)
    expected = 1 - sum(count * (count - 1) for count in counts) / (len(values) * (len(values) - 1))
    return 1 - observed / expected


def test_page_of_labels_is_keyboard_and_screen_reader_fit(page, app, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    write_project(tmp_path / "labels")
    row = app.client.post("/api/v1/labels", json={"folder": str(tmp_path / "labels")}).json()
    for place in ("#/label", f"#/label/{row['id']}", f"#/label/{row['id']}?rater=Ann"):
        page.evaluate("place => { location.hash = place }", place)
        page.wait_for_timeout(600)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.fixture
def ann(page, app, tmp_path):
    """The page of a rater whose first item has a mark; and the project's row."""
    write_project(tmp_path / "labels")
    labels = fer.labels(tmp_path / "labels")
    labels.mark("Ann", labels.state("Ann")["items"][0]["id"], "joy", 1, 2)
    row = app.client.post("/api/v1/labels", json={"folder": str(tmp_path / "labels")}).json()
    page.evaluate("place => { location.hash = place }", f"#/label/{row['id']}?rater=Ann")
    page.locator(".mark-table tbody tr").wait_for()
    return labels


def test_control_that_is_drawn_again_keeps_the_focus(page, ann):
    page.locator(".label-classes button").nth(1).focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.label-classes button')[1].ariaPressed === 'true'")
    assert "anger" in page.evaluate("document.activeElement.textContent")
    page.locator(".mark-table select").focus()
    page.locator(".mark-table select").select_option("3")
    until(page, "document.activeElement.value === '3'")
    assert page.evaluate("document.activeElement.ariaLabel") == "Intensity of joy"


def test_marks_are_saved_while_the_model_reads_and_its_late_answer_is_not_of_another_item(page, ann):
    asked = []

    def hold(route):
        asked.append(route)

    page.route("**/show", hold)
    page.get_by_role("button", name="Show the model's answer").click()
    page.locator(".mark-table select").select_option("2")
    end = time.monotonic() + 20
    while ann.answers("Ann")["intensity"].fillna(0).tolist() != [2]:
        assert time.monotonic() < end
        page.wait_for_timeout(50)
    page.keyboard.press("n")
    page.keyboard.press("n")
    page.get_by_role("heading", name="2 of 2").wait_for()
    asked[0].fulfill(json={"statement": "Of the first item.", "model": "m", "items": [], "undoable": 1})
    page.wait_for_timeout(300)
    assert "Of the first item." not in page.inner_text("main")
    assert "The model reads" not in page.inner_text("main")
