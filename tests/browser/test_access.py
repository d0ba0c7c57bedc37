"""People who use a keyboard, a screen reader, a phone, or a dark screen."""

import pytest

from helpers.browser_page import go, until

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def check(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["#/watch", "#/read", "#/study"])
def test_page_has_no_violation_of_axe(page, result, place, scheme):
    page.emulate_media(color_scheme=scheme)
    go(page, place)
    page.locator("h1").wait_for()
    page.wait_for_timeout(300)
    check(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_result_has_no_violation_of_axe(reading, scheme):
    reading.emulate_media(color_scheme=scheme)
    check(reading)
    reading.get_by_role("button", name="Keys of the player").click()
    check(reading)


@pytest.mark.parametrize("place", ["#/watch", "#/read", "#/study", "result"])
def test_phone_scrolls_in_one_direction_only(page, result, place):
    until(page, "document.querySelector('#model').options.length > 0")
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, f"#/read/{result}" if place == "result" else place)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_keyboard_reaches_everything_in_order_and_shows_where_it_is(page):
    until(page, "document.querySelector('#model').options.length > 0")
    names = []
    for _ in range(16):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    expected = [
        "skip",
        "ferfusion",
        "Watch",
        "Read",
        "Study",
        "Label",
        "files",
        "folder",
        "sample",
        "path",
        "Open",
        "Or read the camera of this machine live",
        "model",
        "Add a model…",
        "actions",
    ]
    assert names[:15] == expected
    page.keyboard.press("Shift+Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_skip_link_leads_to_the_content(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_focus_goes_to_the_heading_of_a_new_page(page):
    page.get_by_role("link", name="Study").click()
    until(page, "document.activeElement.textContent === 'Study'")
    assert page.title() == "Study · ferfusion"


def test_result_is_played_by_keyboard_alone(reading):
    reading.locator('.lane[data-face="0"]').focus()
    reading.keyboard.press("ArrowRight")
    until(reading, "document.querySelector('.lane').getAttribute('aria-valuenow') === '0.04'")
    reading.keyboard.press("Tab")
    assert reading.evaluate("document.activeElement.closest('.face-group') !== null")
