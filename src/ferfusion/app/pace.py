"""The pace of a job: its rate, the time that is left and the share that is done."""

import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import ferfusion as fer

_WINDOW_SECONDS = 20.0
_STAGES = {"Predicting": (0.0, 0.9), "Drawing": (0.9, 1.0)}
"""Where the stages of a video begin and end in its progress: drawing is much faster than prediction."""


_EPOCH = re.compile(r"epoch (\d+)/(\d+)")


class Pace:
    """Follows the progress of a job.

    Args:
        inputs: Number of inputs, which have the same share each.
        clock: Gives the time in seconds.
    """

    def __init__(self, inputs: int = 1, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._inputs, self._clock = inputs, clock
        self._finished = 0
        self._seen: deque[tuple[float, int]] = deque()
        self._stage = ""
        self._share = 0.0

    def finish_input(self) -> None:
        """Count one input as done."""
        self._finished += 1

    def tell(self, progress: "fer.Progress") -> dict[str, Any]:
        """Return ``done, total, unit, stage, rate, seconds_left, progress`` of a job."""
        now = self._clock()
        if progress.stage != self._stage or (self._seen and progress.done < self._seen[-1][1]):
            self._seen.clear()
            self._stage = progress.stage
        self._seen.append((now, progress.done))
        while now - self._seen[0][0] > _WINDOW_SECONDS and len(self._seen) > 2:
            self._seen.popleft()
        rate = self._rate()
        left = None
        if rate and progress.total is not None:
            left = round((progress.total - progress.done) / rate, 1)
        return {
            "done": progress.done,
            "total": progress.total,
            "unit": progress.unit,
            "stage": progress.stage,
            "rate": rate and round(rate, 2),
            "seconds_left": left,
            "progress": self._share_of(progress),
        }

    def _rate(self) -> float | None:
        seconds = self._seen[-1][0] - self._seen[0][0]
        units = self._seen[-1][1] - self._seen[0][1]
        return units / seconds if seconds > 0.2 and units > 0 else None

    def _share_of(self, progress: "fer.Progress") -> float | None:
        if not progress.total:
            return None
        start, end = _ends_of(progress.stage)
        own = start + (end - start) * progress.done / progress.total
        self._share = max(self._share, min(1.0, (self._finished + own) / self._inputs))
        return round(self._share, 4)


def _ends_of(stage: str) -> tuple[float, float]:
    """Return where a stage begins and ends in the progress of an input.

    >>> _ends_of("epoch 2/4"), _ends_of("Drawing"), _ends_of("Preparing")
    ((0.25, 0.5), (0.9, 1.0), (0.0, 1.0))
    """
    if match := _EPOCH.fullmatch(stage):
        epoch, epochs = int(match[1]), max(1, int(match[2]))
        return (epoch - 1) / epochs, epoch / epochs
    return _STAGES.get(stage, (0.0, 1.0))
