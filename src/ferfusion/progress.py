"""Progress of long jobs: the value that they report, and the bars that show it in a terminal or in Jupyter.

A job calls a function with a ``Progress`` at every step; it shows nothing itself.
"""

import html
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


@dataclass(frozen=True)
class Progress:
    """The progress of a job, or a message of it.

    Attributes:
        stage: Name of the step: ``Preparing``, ``epoch 3/20``.
        item: The item in progress, such as the name of a video; empty if there is none.
        done: Number of units that are done.
        total: Number of all units, at least ``done``; None if it is not known. The header of a video may say
            fewer frames than are decoded.
        unit: Name of the units: videos, frames, batches, trainings, clips.
        message: A message; the other fields are empty then.
    """

    stage: str = ""
    item: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.total is not None and self.done > self.total:
            object.__setattr__(self, "total", self.done)


OnProgress = Callable[[Progress], None]
ShowProgress = bool | OnProgress
"""True shows a bar, False shows nothing, a function is called with each ``Progress``."""


def ignore_progress(progress: Progress) -> None:
    """Show nothing."""


def report_message(on_progress: OnProgress, message: str) -> None:
    """Report a message."""
    on_progress(Progress(message=message))


@contextmanager
def shown(progress: ShowProgress) -> Iterator[OnProgress]:
    """Yield the function that shows progress.

    The bar disappears when the block ends. Without a terminal and without Jupyter, there is no bar.

    Args:
        progress: True shows a bar, False shows nothing, a function is yielded as it is.
    """
    if callable(progress):
        yield progress
    elif progress and _is_jupyter():
        yield JupyterBar()
    elif progress and sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415 rich is slow to import

        with TerminalBar(Console(stderr=True), keeps_messages=False) as bar:
            yield bar
    else:
        yield ignore_progress


class TerminalBar:
    """A bar with rate, time spent and time left, on a terminal.

    Args:
        console: The terminal.
        keeps_messages: Whether messages are printed above the bar, and its last state stays on the terminal.
    """

    def __init__(self, console: "Console", *, keeps_messages: bool) -> None:
        self.console = console
        self._keeps_messages = keeps_messages
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._last = Progress()

    def __call__(self, progress: Progress) -> None:
        """Draw the bar, or print the message."""
        if progress.message:
            if self._keeps_messages:
                self.console.print(progress.message, highlight=False, markup=False, soft_wrap=True)
            return
        self._move(progress)

    def _move(self, progress: Progress) -> None:
        from rich.markup import escape  # noqa: PLC0415 rich is slow to import

        if self._bar is None or self._task is None:
            self._bar = rich_bar(self.console, transient=not self._keeps_messages)
            self._task = self._bar.add_task("", unit="")
            self._bar.start()
        if (progress.unit, progress.total) != (self._last.unit, self._last.total) or (
            progress.done < self._last.done
        ):
            self._bar.reset(self._task, total=progress.total, unit=progress.unit)
        words = f"{progress.stage} [dim]{escape(progress.item)}[/]" if progress.item else progress.stage
        self._bar.update(self._task, completed=progress.done, description=words)
        self._last = progress

    def __enter__(self) -> "TerminalBar":
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def rich_bar(console: "Console", *, transient: bool) -> "RichProgress":
    """Return a bar of rich, with the field ``unit`` for tasks; a transient bar disappears at its end."""
    from rich import progress as rich  # noqa: PLC0415 rich is slow to import
    from rich.text import Text  # noqa: PLC0415

    class RateColumn(rich.ProgressColumn):
        """Units per second."""

        def render(self, task: rich.Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.1f} {task.fields['unit']}/s" if speed else "", style="cyan")

    return rich.Progress(
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        RateColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("left"),
        rich.TimeRemainingColumn(),
        console=console,
        transient=transient,
    )


class JupyterBar:
    """A bar below the cell of a notebook, drawn at most a few times a second."""

    _SECONDS_BETWEEN = 0.2

    def __init__(self) -> None:
        self._handle: Any = None
        self._drawn_at = 0.0

    def __call__(self, progress: Progress) -> None:
        """Draw the bar; messages are not shown."""
        now = time.monotonic()
        is_last = progress.total is not None and progress.done >= progress.total
        if progress.message or (now - self._drawn_at < self._SECONDS_BETWEEN and not is_last):
            return
        notebook: Any = import_module("IPython.display")  # a JupyterBar is made in Jupyter only
        self._drawn_at = now
        page = notebook.HTML(bar_html(progress))
        if self._handle is None:
            self._handle = notebook.display(page, display_id=True)
        else:
            self._handle.update(page)


def bar_html(progress: Progress) -> str:
    """Return a progress bar for a page.

    >>> bar_html(Progress("Preparing", "a<b.mp4", 3, 10, "videos"))
    '<progress max="10" value="3"></progress> Preparing a&lt;b.mp4: 3 of 10 videos'
    """
    ends = "" if progress.total is None else f' max="{progress.total}" value="{progress.done}"'
    of_total = "" if progress.total is None else f" of {progress.total:,}"
    words = html.escape(" ".join(filter(None, [progress.stage, progress.item])))
    return f"<progress{ends}></progress> {words}: {progress.done:,}{of_total} {html.escape(progress.unit)}"


def _is_jupyter() -> bool:
    shell = sys.modules.get("IPython")
    kernel = shell.get_ipython() if shell is not None else None
    return type(kernel).__name__ == "ZMQInteractiveShell"
