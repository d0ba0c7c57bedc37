"""The camera page, with a camera that chromium feigns from a file."""

from typing import TYPE_CHECKING

import av
import pytest

from helpers.browser_page import go, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def film(sample_corpus, tmp_path_factory):
    """A clip of the sample corpus in the form that chromium takes for a camera."""
    path: Path = tmp_path_factory.mktemp("camera") / "face.y4m"
    with (
        av.open(str(sample_corpus / "s01" / "happiness" / "s01_happiness_1.mp4")) as clip,
        path.open("wb") as out,
    ):
        out.write(b"YUV4MPEG2 W176 H176 F25:1 Ip A1:1 C420jpeg\n")
        for frame in clip.decode(video=0):
            out.write(b"FRAME\n" + frame.reformat(format="yuv420p").to_ndarray().tobytes())
    return path


@pytest.fixture
def camera_page(launch, app, film):
    """The camera page of a browser with a camera."""
    flags = ("use-fake-ui-for-media-stream", "use-fake-device-for-media-stream")
    chromium = launch(*(f"--{flag}" for flag in flags), f"--use-file-for-fake-video-capture={film}")
    page = chromium.new_context(viewport={"width": 1300, "height": 900}).new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{app.address}/?token={app.state.settings.token}")
    go(page, "#/camera")
    page.get_by_role("button", name="Start the camera").click()
    yield page
    assert faults == []
    chromium.close()


def test_camera_is_read_live_and_stops(camera_page, app):
    until(camera_page, "document.querySelector('.present-face')?.textContent.includes('Face 0')")
    until(camera_page, "document.querySelector('.controls').textContent.includes('images a second')")
    assert camera_page.evaluate("document.querySelector('video').srcObject.active")
    camera_page.get_by_role("button", name="Stop the camera").click()
    assert camera_page.get_by_text("The camera is off.").is_visible()
    assert camera_page.evaluate("document.querySelector('video').srcObject") is None
    assert not any(app.state.home.uploads.iterdir())  # no image is kept


def test_camera_stops_when_its_page_is_left(camera_page):
    until(camera_page, "document.querySelector('.present-face')")
    camera_page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    go(camera_page, "#/watch")
    until(camera_page, "window.track.readyState === 'ended'")
