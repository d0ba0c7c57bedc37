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
_SURE_STEPS = 1.9
"""A time that is later by fewer steps is right, whatever follows: the times after it cannot fall back."""
_RESTART_SECONDS = 10.0
"""A longer gap in a broadcast is a new clock, as in FFmpeg's ``-dts_delta_threshold``."""
_MOST_SECONDS = 7 * 86_400.0
"""A later time is no time: some formats store a time below 0 as a huge one."""
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
        items: Times in seconds from the start of the file, or None, and items.
        step_seconds: Usual time between two items; it is measured once there are items.
        clock_restarts: Whether a gap of more than 10 seconds is a new clock, as in a broadcast.

    >>> times = [0.0, 0.04, 300.08, None, 0.16, 0.16, 0.24]
    >>> [round(time, 3) for time, _ in rising_times([(time, "") for time in times], step_seconds=0.04)]
    [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24]
    """
    line: _Line[Item] = _Line(step_seconds, clock_restarts=clock_restarts)
    for item in items:
        line.add(*item)
        yield from line.settle()
    yield from line.settle(at_end=True)


class _Line(Generic[Item]):
    """The items whose times are not decided yet."""

    def __init__(self, step_seconds: float, *, clock_restarts: bool) -> None:
        self.waiting: deque[Timed[Item]] = deque()
        self._clock_restarts = clock_restarts
        self._last: float | None = None
        self._jump = 0.0  # the last long step, in seconds
        self._shift = 0.0
        self._steps = deque([step_seconds], maxlen=9)

    @property
    def _step(self) -> float:
        return median(self._steps)

    def add(self, seconds: float | None, item: Item) -> None:
        """Append an item; a time that no video reaches is a missing one."""
        is_time = seconds is not None and abs(seconds) <= _MOST_SECONDS
        self.waiting.append((seconds if is_time else None, item))

    def settle(self, *, at_end: bool = False) -> Iterator[tuple[float, Item]]:
        """Yield the items whose times are certain."""
        while self.waiting:
            if self._fits():
                yield self._take_first()
                continue
            returned = self._first_return()
            if returned is None and len(self.waiting) < _LOOK_AHEAD and not at_end:
                return
            if self._last is None:
                self._begin(returned)
            elif self._starts_again(returned):
                self._jump = 0.0
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
            return first is not None
        return self._last < first <= self._last + _SURE_STEPS * self._step

    def _begin(self, returned: int | None) -> None:
        """Give the first item, which has no time, the one that the next time implies.

        If that is below 0, the file starts with this item.
        """
        time = 0.0 if returned is None else (self._time(returned) or 0.0) - returned * self._step
        self._shift -= min(0.0, time)
        self.waiting[0] = (time, self.waiting[0][1])

    def _take_first(self) -> tuple[float, Item]:
        first, last = self._time(0), self._last
        if last is None:
            time = first or 0.0
        else:
            time = first if first is not None and first > last else last + self._step
            if time - last > _SURE_STEPS * self._step:
                self._jump = time - last
            self._steps.append(time - last)
        self._last = time
        return time, self.waiting.popleft()[1]

    def _first_return(self) -> int | None:
        """Return the place of the first item that follows the last certain one better than the first item."""
        first, last = self._time(0), -float("inf") if self._last is None else self._last
        is_jump = first is not None and first > last
        before = first
        for place in range(1, len(self.waiting)):
            time = self._time(place)
            if time is None:
                continue
            if time > last and not (is_jump and first is not None and time >= first):
                return place
            if is_jump and before is not None and self._cancel((first or 0.0) - last, time - before):
                return place
            before = time
        return None

    def _cancel(self, jump: float, fall: float) -> bool:
        """Return whether times fell back by as much as they had jumped: those in between were wrong."""
        return fall <= 0 and abs(jump + fall - 2 * self._step) <= self._step / 2

    def _starts_again(self, returned: int | None) -> bool:
        """Return whether the items are not wrong, but have another clock than those before."""
        first, last = self._time(0), self._last or 0.0
        if first is None:
            return False
        if first > last:
            return returned is None and self._clock_restarts and first - last > _RESTART_SECONDS
        if returned is None:
            return True
        if self._cancel(self._jump, first - last):
            return False
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
