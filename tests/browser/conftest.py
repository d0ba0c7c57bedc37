"""The app in Debian's chromium, driven by playwright; every test fails on an error of the page."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from helpers.app_server import RunningApp, running_app, stand_in_worker
from helpers.browser_page import go, open_predictions, until
from helpers.sample_prediction import write_sample_predictions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

TOKEN = "a-token-of-the-browser-tests"
"""A cookie has no spaces."""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., "Browser"]]:
    """Start a Chromium with further flags.

    A machine without one skips the test, unless FERFUSION_BROWSER says that it must be there.
    """
    if CHROMIUM is None:
        why = "no chromium; apt-get install chromium"
        pytest.fail(why) if os.environ.get("FERFUSION_BROWSER") == "required" else pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *flags]
        )


@pytest.fixture(scope="session")
def browser(launch) -> Iterator["Browser"]:
    """Chromium."""
    chromium = launch()
    yield chromium
    chromium.close()


@pytest.fixture
def app(tmp_path, standby) -> Iterator[RunningApp]:
    """The app's server with an empty home."""
    with running_app(tmp_path / "home", standby=standby, token=TOKEN) as running:
        running.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield running


@pytest.fixture
def quick_jobs(monkeypatch):
    """Jobs whose process needs no model."""
    with stand_in_worker(monkeypatch):
        yield


@pytest.fixture
def context(browser, app) -> Iterator["BrowserContext"]:
    """A window of 1300 pixels with the app's cookie."""
    made = browser.new_context(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context, app) -> Iterator["Page"]:
    """The app's first page. What the console tells of errors and of the content policy fails the test."""
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console",
        lambda message: wrong.append(message.text + message.location["url"]) if _is_wrong(message) else None,
    )
    made.goto(f"{app.address}/?token={TOKEN}")
    made.wait_for_selector("h1")
    yield made
    assert not wrong


def _is_wrong(message: "ConsoleMessage") -> bool:
    """Whether a message of the console is an error; the page itself tells what the server refuses."""
    refused = "Failed to load resource" in message.text and "/api/v1/" in message.location["url"]
    return message.type == "error" and not refused


@pytest.fixture
def result(app, tmp_path) -> str:
    """Id of a result of the sample video."""
    return open_predictions(app, write_sample_predictions(tmp_path / "a"))


@pytest.fixture
def reading(page, result) -> "Page":
    """The page of that result."""
    go(page, f"#/read/{result}")
    page.locator('.lane[data-face="0"]').wait_for()
    until(page, "document.querySelector('.said').textContent.includes('%')")
    until(page, "document.querySelector('video').readyState >= 2")
    return page
