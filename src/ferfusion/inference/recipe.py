"""Settings of a prediction; they are saved with every verdict."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.recipe import Above, AtLeast, AtMost, Recipe
from ferfusion.reporting.words import amount
from ferfusion.video.timestamps import SLACK_SECONDS

if TYPE_CHECKING:
    from ferfusion.preparation.recipe import PrepareRecipe
    from ferfusion.video.reader import Frame


_SHORTEST_SECONDS = 0.001
"""Shortest period: a frame at 1,000 frames per second. A shorter one would hold no second frame."""


@dataclass(frozen=True)
class PredictRecipe(Recipe):
    """Settings of a prediction.

    Attributes:
        start: Second of the video at which prediction starts; earlier frames are decoded and skipped.
        end: Second at which prediction ends; without it, the end of the video.
        every: Frames in which the expression is predicted: a number N is every N-th frame, 0.5s the first
            frame of every half second. Faces are tracked through all frames, and optical flow always leads to
            the very next frame, so a row has the same box and probabilities whether all frames or some get a
            prediction; smoothing is over those that do.
        smoothing: Smoothing of the timeline: centred (the mean of the predictions around a frame) or causal
            (the mean of the predictions up to a frame, as in a live prediction).
        window: Length of the smoothing window in seconds; 0 turns smoothing off.
        per: Length of the periods of means.csv, such as 1s: the mean probabilities of each face in every
            second. Without it, the file is not written.
        min_face: Smallest face, as a share of the image's shorter side; without it, that of the model's
            preparation. A smaller value finds the faces of a group, and takes more time.
        actions: Estimator of the 52 facial actions with ARKit's names and of the head pose, in columns of
            frames.csv: small, which comes with the package, or face-landmarker, which needs the extra actions
            and the model file that ferfusion fetch face-landmarker brings. Without it, none are estimated.

    Raises:
        ConfigError: a value cannot be used.
    """

    described_as: ClassVar[str] = "prediction"

    start: Annotated[float, AtLeast(0, "seconds")] = 0.0
    end: float | None = None
    every: str = "1"
    smoothing: str = "centred"
    window: Annotated[float, AtLeast(0, "seconds")] = 0.5
    per: str = ""
    min_face: Annotated[float, Above(0), AtMost(1)] | None = None
    actions: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.end is not None and not self.start < self.end:
            raise ConfigError(f"end must lie after start ({amount(self.start, 'second')}), got {self.end:g}")
        parse_every(self.every)
        if self.per:
            parse_seconds(self.per)
        from ferfusion.inference.smoothing import SMOOTHINGS  # noqa: PLC0415 numpy

        choose(SMOOTHINGS, self.smoothing, what="smoothing")
        if self.actions:
            from ferfusion.actions.estimators import ACTION_ESTIMATORS  # noqa: PLC0415 OpenCV

            choose(ACTION_ESTIMATORS, self.actions, what="estimator of actions")

    def preparation(self, prepare_recipe: "PrepareRecipe") -> "PrepareRecipe":
        """Return the recipe with which faces are prepared for a model of the given recipe."""
        return prepare_recipe if self.min_face is None else replace(prepare_recipe, min_face=self.min_face)

    @property
    def in_words(self) -> str:
        """The settings as text, for the reader of a result."""
        number, period = parse_every(self.every)
        frames = f"one frame in {amount(period, 'second')}" if period else _nth(number)
        times = f", from second {self.start:g}" if self.start else ""
        times += f", up to second {self.end:g}" if self.end is not None else ""
        around = "around" if self.smoothing == "centred" else "up to"
        window = amount(self.window, "second")
        timeline = (
            f"is the mean of the predictions in {window} {around} a frame ({self.smoothing})"
            if self.window
            else "is not smoothed"
        )
        faces = ""
        if self.min_face is not None:
            faces = f", in faces of at least {self.min_face:g} of the image's shorter side"
        return f"The expression was predicted for {frames}{times}{faces}. The timeline {timeline}."


def parse_seconds(text: str) -> float:
    """Return a length of time in seconds.

    Raises:
        ConfigError: the text is not a number of seconds.

    >>> parse_seconds("0.5s")
    0.5
    """
    number, period = _number_and_seconds(text)
    if number or not period:
        raise ConfigError(f"per must be a number of seconds such as 1s or 0.5s, got {text!r}")
    return _long_enough(period, "per", text)


def parse_every(text: str) -> tuple[int, float]:
    """Return (number of frames, 0) or (0, number of seconds) from one prediction to the next.

    Raises:
        ConfigError: the text is neither a number of frames nor a number of seconds.

    >>> parse_every("3"), parse_every("0.5s")
    ((3, 0.0), (0, 0.5))
    """
    number, period = _number_and_seconds(text)
    if not number and not period:
        raise ConfigError(
            f"every must be a number of frames such as 5, or of seconds such as 0.5s, got {text!r}"
        )
    return number, 0.0 if number else _long_enough(period, "every", text)


def _number_and_seconds(text: str) -> tuple[int, float]:
    """Return a number of frames and of seconds, of which one is 0; both are if the text is neither."""
    plain = text.strip().lower()
    try:
        number, period = (0, float(plain[:-1])) if plain.endswith("s") else (int(plain), 0.0)
    except ValueError:
        return 0, 0.0
    return max(number, 0), period if 0 < period < math.inf else 0.0


def _long_enough(period: float, name: str, text: str) -> float:
    if period < _SHORTEST_SECONDS:
        raise ConfigError(
            f"{name} must be at least {_SHORTEST_SECONDS:g}s, a frame at 1,000 frames per second; "
            f"got {text!r}"
        )
    return period


def _nth(number: int) -> str:
    return "every frame" if number == 1 else f"one frame in {number}"


class FrameChoice:
    """Decides for each frame of a video, in order, whether it gets a prediction.

    Counting starts at the first frame.

    Args:
        every: The field of ``PredictRecipe``.

    Raises:
        ConfigError: ``every`` cannot be used.
    """

    def __init__(self, every: str) -> None:
        self._number, self._period_seconds = parse_every(every)
        self._first: tuple[int, float] | None = None
        self._last_interval = -1

    def __call__(self, frame: "Frame") -> bool:
        """Return whether this frame gets a prediction."""
        if self._first is None:
            self._first = (frame.index, frame.seconds)
        index, seconds = self._first
        if self._number:
            return (frame.index - index) % self._number == 0
        interval = math.floor((frame.seconds - seconds + SLACK_SECONDS) / self._period_seconds)
        is_new = interval > self._last_interval
        self._last_interval = max(interval, self._last_interval)
        return is_new
