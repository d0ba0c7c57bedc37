"""Times of frames and of sound from the timestamps of a file, which may be missing, wrong or start again."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median
from typing import Generic, TypeVar

SLACK_SECONDS = 1e-6
"""Timestamps are rounded to ticks: two times that differ by less are the same time."""

_LOOK_AHEAD = 16
"""Number of items that are read to tell a wrong time from a gap or a new start."""
_JUMP_STEPS = 4
_RESTART_SECONDS = 10.0
"""A longer gap in a broadcast is a new clock, as in FFmpeg's ``-dts_delta_threshold``."""
_FAULTS = 3

Item = TypeVar("Item")
Timed = tuple[float | None, Item]


class BestEffort:
    """Chooses between the two timestamps of each frame of a video, as FFmpeg does.

    The time of presentation is used until it falls back more often than the time of decoding.

    Source: ``guess_correct_pts`` in FFmpeg's libavcodec/decode.c, here with a few faults allowed.
    """

    def __init__(self) -> None:
        self._faults = [0, 0]
        self._last: list[int | None] = [None, None]

    def choose(self, presentation: int | None, decoding: int | None) -> int | None:
        """Return the timestamp of the next frame in the order of display; None if it has none."""
        for place, (ticks, other) in enumerate([(presentation, decoding), (decoding, presentation)]):
            last = self._last[place]
            if ticks is not None and last is not None:
                self._faults[place] += ticks <= last
            self._last[place] = other if ticks is None else ticks
        if presentation is not None and self._faults[0] <= self._faults[1] + _FAULTS:
            return presentation
        return decoding


def rising_times(
    items: Iterable[Timed[Item]], *, step_seconds: float, clock_restarts: bool = False
) -> Iterator[tuple[float, Item]]:
    """Yield every item in order with a time later than that of the item before it.

    Items with a missing or wrong time are placed between their neighbours and move no other item. If the
    times start again, as in a file that was joined from two, the second part follows the first.

    Args:
        items: Times in seconds, or None, and items.
        step_seconds: Usual time between two items; it is measured once there are items.
        clock_restarts: Whether a gap of more than 10 seconds is a new clock, as in a broadcast.

    >>> times = [0.0, 0.04, 300.08, None, 0.16, 0.16, 0.24]
    >>> [round(time, 3) for time, _ in rising_times([(time, "") for time in times], step_seconds=0.04)]
    [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24]
    """
    line: _Line[Item] = _Line(step_seconds, clock_restarts=clock_restarts)
    for item in items:
        line.waiting.append(item)
        yield from line.settle()
    yield from line.settle(at_end=True)


class _Line(Generic[Item]):
    """The items whose times are not decided yet."""

    def __init__(self, step_seconds: float, *, clock_restarts: bool) -> None:
        self.waiting: deque[Timed[Item]] = deque()
        self._clock_restarts = clock_restarts
        self._last: float | None = None
        self._shift = 0.0
        self._steps = deque([step_seconds], maxlen=9)

    @property
    def _step(self) -> float:
        return median(self._steps)

    def settle(self, *, at_end: bool = False) -> Iterator[tuple[float, Item]]:
        """Yield the items whose times are certain."""
        while self.waiting:
            if self._fits():
                yield self._take_first()
                continue
            returned = self._first_return()
            if returned is None and len(self.waiting) < _LOOK_AHEAD and not at_end:
                return
            if self._starts_again(returned):
                self._shift += (self._last or 0.0) + self._step - (self._time(0) or 0.0)
            elif returned is not None:
                yield from self._take_between(returned)
            else:
                yield self._take_first()

    def _time(self, place: int) -> float | None:
        seconds = self.waiting[place][0]
        return None if seconds is None else seconds + self._shift

    def _fits(self) -> bool:
        first = self._time(0)
        if self._last is None or first is None:
            return self._last is None
        return self._last < first <= self._last + _JUMP_STEPS * self._step

    def _take_first(self) -> tuple[float, Item]:
        first, last = self._time(0), self._last
        if last is None:
            time = first or 0.0
        else:
            time = first if first is not None and first > last else last + self._step
            self._steps.append(time - last)
        self._last = time
        return time, self.waiting.popleft()[1]

    def _first_return(self) -> int | None:
        """Return the place of the first item that follows the last certain one better than the first item."""
        first, last = self._time(0), self._last or 0.0
        latest = first if first is not None and first > last else float("inf")
        later = ((place, self._time(place)) for place in range(1, len(self.waiting)))
        return next((place for place, time in later if time is not None and last < time < latest), None)

    def _starts_again(self, returned: int | None) -> bool:
        """Return whether the items are not wrong, but have another clock than those before."""
        first, last = self._time(0), self._last or 0.0
        if first is None:
            return False
        if first > last:
            return returned is None and self._clock_restarts and first - last > _RESTART_SECONDS
        if returned is None:
            return True
        # the times rose evenly until they passed the end of the first part
        times = [self._time(place) for place in range(returned + 1)]
        steps = [b - a if a is not None and b is not None else 0.0 for a, b in pairwise(times)]
        return returned > 2 and min(steps) > 0 and max(steps) <= _JUMP_STEPS * self._step

    def _take_between(self, returned: int) -> Iterator[tuple[float, Item]]:
        """Yield the items before a place, evenly between the last certain time and the time of that item."""
        last, end = self._last or 0.0, self._time(returned) or 0.0
        step = min(self._step, (end - last) / (returned + 1))
        for place in range(1, returned + 1):
            self._last = last + place * step
            yield self._last, self.waiting.popleft()[1]
