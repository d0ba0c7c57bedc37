import io
import sys
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from ferfusion.progress import JupyterBar, Progress, TerminalBar, ignore_progress, report_message, shown

STEP = Progress("Reading", "a.mp4", 3, 10, "frames")


def test_shown_calls_a_function_with_every_step_and_message():
    reported: list[Progress] = []
    with shown(reported.append) as on_progress:
        on_progress(STEP)
        report_message(on_progress, "half of it")
    assert reported == [STEP, Progress(message="half of it")]


def test_shown_shows_nothing_without_a_terminal(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    for wanted in (True, False):
        with shown(wanted) as on_progress:
            assert on_progress is ignore_progress
    assert terminal.getvalue() == ""


def test_shown_draws_a_bar_on_a_terminal_and_keeps_no_message(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown(True) as on_progress:
        on_progress(STEP)
        report_message(on_progress, "epoch 1")
    printed = terminal.getvalue()
    assert "Reading" in printed
    assert "epoch 1" not in printed


def test_terminal_bar_prints_messages_as_they_are():
    output = io.StringIO()
    with TerminalBar(Console(file=output, width=80), keeps_messages=True) as bar:
        bar(Progress(message="[bold] is no markup here, and " + 9 * "this line is not folded "))
        bar(STEP)
    first = output.getvalue().splitlines()[0]
    assert first.startswith("[bold] is no markup here")
    assert first.count("folded") == 9
    assert "3/10" in output.getvalue()


def test_terminal_bar_begins_again_for_the_next_item():
    output = io.StringIO()
    with TerminalBar(Console(file=output, width=100), keeps_messages=True) as bar:
        for done in (1, 10):
            bar(Progress("Reading", "a.mp4", done, 10, "frames"))
        bar(Progress("Reading", "b.mp4", 2, 5, "frames"))
    assert "2/5" in output.getvalue()


def test_jupyter_bar_updates_one_display(monkeypatch):
    pages: list[Any] = []
    handle = SimpleNamespace(update=pages.append)

    def display(page, *, display_id):
        assert display_id
        pages.append(page)
        return handle

    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=display))
    bar = JupyterBar()
    for done in range(11):
        bar(Progress("Preparing", "", done, 10, "videos"))
    assert pages[0].startswith('<progress max="10" value="0">')
    assert pages[-1].startswith('<progress max="10" value="10">')
    assert len(pages) < 11  # a few times a second


def test_progress_total_is_at_least_what_is_done():
    """The header of a video may say fewer frames than are decoded."""
    assert (Progress(done=60, total=59).total, Progress(done=59, total=60).total) == (60, 60)
    assert Progress(done=60).total is None
