"""How a video is read: every setting of a prediction, saved with every verdict."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose

if TYPE_CHECKING:
    from ferfusion.video.reader import Frame

_SLACK_SECONDS = 1e-6  # timestamps are rounded to ticks


@dataclass(frozen=True)
class PredictRecipe:
    """Settings of a prediction.

    Attributes:
        start: Second of the video at which reading starts; what lies before is decoded and passed over.
        end: Second at which it ends; the end of the video where not given.
        every: Which frames are read: a number N is every N-th one, 0.5s is the first one in every half
            second. Faces are followed through all frames, and motion is always that to the very next frame,
            so that a row of a sparse reading is the same row as in a full one.
        smoothing: How the timeline is smoothed: centred (the mean of the readings around a frame) or causal
            (of those up to it, as a live reading has to).
        window: Length of that mean in seconds; 0 leaves every frame on its own.
    """

    start: float = 0.0
    end: float | None = None
    every: str = "1"
    smoothing: str = "centred"
    window: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.start < math.inf:
            raise ConfigError(f"start must be 0 or more seconds, got {self.start}")
        if self.end is not None and not self.start < self.end:
            raise ConfigError(f"end must lie after start ({self.start:g} seconds), got {self.end:g}")
        parse_every(self.every)
        from ferfusion.inference.smoothing import SMOOTHINGS  # noqa: PLC0415 numpy

        choose(SMOOTHINGS, self.smoothing, what="smoothing")
        if not 0 <= self.window < math.inf:
            raise ConfigError(f"window must be 0 or more seconds, got {self.window}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return asdict(self)

    @property
    def in_words(self) -> str:
        """What the settings mean for who reads the results."""
        number, period = parse_every(self.every)
        read = f"one frame in {period:g} seconds" if period else _nth(number)
        stretch = f" from {self.start:g} seconds on" if self.start else ""
        stretch += f" up to {self.end:g} seconds" if self.end is not None else ""
        around = "around" if self.smoothing == "centred" else "up to"
        smoothed = (
            f"the mean of the readings in the {self.window:g} seconds {around} a frame ({self.smoothing})"
            if self.window
            else "every frame on its own"
        )
        return f"Read was {read}{stretch}. The timeline is {smoothed}."


def parse_every(text: str) -> tuple[int, float]:
    """Return (every so many frames, 0) or (0, once in so many seconds).

    Raises:
        ConfigError: it is neither.

    >>> parse_every("3"), parse_every("0.5s")
    ((3, 0.0), (0, 0.5))
    """
    plain = text.strip().lower()
    try:
        number, period = (0, float(plain[:-1])) if plain.endswith("s") else (int(plain), 0.0)
    except ValueError:
        number, period = 0, 0.0
    if number < 1 and not 0 < period < math.inf:
        raise ConfigError(
            f"every must be a number of frames such as 5, or of seconds such as 0.5s, got {text!r}"
        )
    return number, period


def _nth(number: int) -> str:
    return "every frame" if number == 1 else f"one frame in {number}"


class FrameChoice:
    """Tells of every frame, asked in order, whether it is one of those that are read.

    Counting starts at the first frame that is asked for.
    """

    def __init__(self, every: str) -> None:
        self._number, self._period = parse_every(every)
        self._first: tuple[int, float] | None = None
        self._last_turn = -1

    def __call__(self, frame: "Frame") -> bool:
        """Return whether this frame is read."""
        if self._first is None:
            self._first = (frame.index, frame.seconds)
        index, seconds = self._first
        if self._number:
            return (frame.index - index) % self._number == 0
        turn = math.floor((frame.seconds - seconds + _SLACK_SECONDS) / self._period)
        is_new = turn > self._last_turn
        self._last_turn = max(turn, self._last_turn)
        return is_new
