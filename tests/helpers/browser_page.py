"""Ways through the app's page."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.app_server import RunningApp

if TYPE_CHECKING:
    from playwright.sync_api import Page


def open_predictions(app: RunningApp, folder: Path) -> str:
    """Open a folder of predictions, and return the id of its result."""
    answer = app.client.post("/api/v1/uploads/path", json={"path": str(folder)})
    assert answer.status_code == 201, answer.text
    return answer.json()[0]["id"]


def go(page: "Page", place: str) -> None:
    """Go to a part of the page."""
    page.evaluate("place => { location.hash = place }", place)


def until(page: "Page", condition: str, arg: Any = None, *, seconds: float = 60) -> None:
    """Wait until a condition in JavaScript holds; playwright's own wait needs eval, which is forbidden."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, arg):
        assert time.monotonic() < end, f"it never came that {condition}"
        page.wait_for_timeout(30)
