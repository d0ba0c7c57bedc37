from helpers.browser_page import go


def test_folder_that_is_nothing_is_told(page, tmp_path):
    go(page, "#/study")
    page.fill("#folder-path", str(tmp_path))
    page.get_by_role("button", name="Open").click()
    page.locator(".study .note").wait_for()
    assert "There is no dataset, run, study" in page.inner_text(".study")
