"""One look for every long job: a bar with rate, time spent and time left."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

console = Console()


class RateColumn(ProgressColumn):
    """Items per second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Draw the rate, or nothing while there is none."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f} {self._unit}/s" if speed else "", style="cyan")


def progress_bar(unit: str) -> Progress:
    """Return a progress bar that counts ``unit``."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


class VideoProgress:
    """Two bars for a job of several videos: all of them, and the one at hand; one bar where it is alone.

    Args:
        frames: About how many frames each video has, in order; None where that is not known.
        passes: How often every frame is gone through.
    """

    def __init__(self, frames: Sequence[int | None], *, passes: int) -> None:
        self._frames, self._passes = frames, passes
        self._bar = progress_bar("frames")
        self._all = self._bar.add_task("", total=passes * sum(size or 0 for size in frames), visible=False)
        self._one = self._bar.add_task("", total=None)
        self._number, self._name, self._stage = 0, "", ""

    def begin(self, name: str) -> None:
        """Go on to the next video."""
        before = self._passes * sum(size or 0 for size in self._frames[: self._number])
        self._number, self._name, self._stage = self._number + 1, name, ""
        several = len(self._frames) > 1
        words = f"Video {self._number} of {len(self._frames)}"
        self._bar.update(self._all, completed=before, visible=several, description=words)

    def on_frame(self, stage: str, frame: int) -> None:
        """Count a frame of a stage of the video at hand."""
        if stage != self._stage:
            self._stage = stage
            total = self._frames[self._number - 1]
            self._bar.reset(self._one, total=total, description=f"{stage} {escape(self._name)}")
        self._bar.update(self._one, completed=frame)
        self._bar.advance(self._all)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
