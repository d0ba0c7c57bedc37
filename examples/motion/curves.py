"""Draw what faces do over seconds: expressions down to faint ones, rests, speech, blinks, gaze, turns."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTIONS, without_side
from ferfusion.actions.rest import estimate_rest
from ferfusion.data.action_curves import ActionCurves, curve_rows
from ferfusion.label_set import SEVEN
from ferfusion.synthesis.actions import Prototype, draw_units, sides, weights_of_units
from ferfusion.synthesis.performance import close_lids, set_gaze
from ferfusion.synthesis.timing import ease
from noise import Noise

Floats = NDArray[np.floating]
_COLUMN = {name: column for column, name in enumerate(ACTIONS)}
_NEUTRAL = SEVEN.code("Neutral")
_FPS = (12, 15, 24, 25, 30, 50)
_RESTING = ("browDown", "browInnerUp", "browOuterUp", "eyeSquint", "eyeWide", "mouthSmile", "mouthFrown",
            "mouthPress", "mouthUpperUp", "jawOpen")  # fmt: skip
_SPOKEN = {"jawOpen": 0.5, "mouthLowerDown": 0.4, "mouthFunnel": 0.4, "mouthPucker": 0.4, "mouthUpperUp": 0.2,
           "mouthStretch": 0.25, "mouthClose": 0.3, "mouthPress": 0.3, "mouthRollLower": 0.3}  # fmt: skip
_SINGLE = tuple(
    dict.fromkeys(without_side(name) for name in ACTIONS if not name.startswith(("eyeLook", "eyeBlink")))
)
NEUTRAL_BELOW = 0.04
SHOWN_FROM = 0.12
"""Intensities of an expression: below the first a face is Neutral, from the second on it shows its class."""
WINDOW_SECONDS = 1.5


@dataclass(frozen=True)
class Variety:
    """How much drawn people and clips differ.

    Attributes:
        variants: The ways to show each expression.
        spread: How far a unit's strength may be below its own, 0 to 1.
        missing: Chance that a unit of an expression is not shown.
        wider: See ``Noise.draw_person``.
        speech: Share of the clips with a speaking mouth.
    """

    variants: Mapping[str, tuple[Prototype, ...]]
    spread: float = 0.4
    missing: float = 0.1
    wider: float = 3.0
    speech: float = 0.4


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of action curves: rows (N, K, CURVE_COLUMNS), codes (N,), and what was drawn of each.

    Attributes:
        rows: The windows.
        codes: The classes.
        speech: Whether the mouth spoke, (N,).
        intensity: Intensity of the expression in the last frame, (N,).
    """

    rows: NDArray[np.float32]
    codes: NDArray[np.int64]
    speech: NDArray[np.bool_]
    intensity: NDArray[np.float32]

    @classmethod
    def joined(cls, some: "list[Windows]") -> "Windows":
        """Return several as one."""
        return cls(*(np.concatenate([getattr(one, name) for one in some]) for name in cls._names()))

    def chosen(self, which: NDArray[np.int64]) -> "Windows":
        """Return the windows of some indices."""
        return Windows(*(getattr(self, name)[which] for name in self._names()))

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))


def draw_windows(
    rng: np.random.Generator, noise: Noise, variety: Variety, *, gives: NDArray[np.bool_], each: int = 8
) -> Windows:
    """Return ``each`` windows of one new person's clip."""
    fps = int(rng.choice(_FPS))
    count = int(fps * rng.uniform(1.5, 8))
    weights, codes, intensity = _expressions(rng, count, fps, variety)
    weights += _at_rest(rng)
    speaks = rng.random() < variety.speech
    if speaks:
        weights += _speech(rng, count, fps)
    _blinks_and_gaze(rng, weights, fps)
    pose = _head(rng, count, fps)
    gain, offset = noise.draw_person(rng, wider=variety.wider)
    seen = noise.seen(np.clip(weights, 0, 1), fps=fps, gain=gain, offset=offset, rng=rng)  # (T, 20 actions)
    values = np.full((count, len(ACTIONS) + 3), np.nan, np.float32)
    values[:, : len(ACTIONS)][:, gives] = np.clip(seen, 0, 1)
    values[:, len(ACTIONS) :] = pose
    last = _balanced(rng, codes, each)
    return _windows(values, codes, intensity, last, fps=fps, speaks=speaks)


def _windows(
    values: NDArray[np.float32],
    codes: NDArray[np.int64],
    intensity: Floats,
    last: NDArray[np.int64],
    *,
    fps: int,
    speaks: bool,
) -> Windows:
    rests = np.empty((len(values), len(ACTIONS)), np.float32)
    for index in np.unique(last):
        rests[index] = estimate_rest(values[: index + 1, : len(ACTIONS)])
    curves = ActionCurves(np.arange(len(values)) / fps, values, rests)
    rows = curves.windows(last, first=np.zeros_like(last), rows=curve_rows(WINDOW_SECONDS))
    return Windows(rows, codes[last], np.full(len(last), speaks), intensity[last].astype(np.float32))


def _balanced(rng: np.random.Generator, codes: NDArray[np.int64], each: int) -> NDArray[np.int64]:
    """Draw frames with a class; every class of the clip is as likely as the others."""
    known = np.flatnonzero(codes >= 0)
    _, places, counts = np.unique(codes[known], return_inverse=True, return_counts=True)
    return np.asarray(rng.choice(known, each, p=1 / counts[places] / len(counts)))


def _expressions(
    rng: np.random.Generator, count: int, fps: int, variety: Variety
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return weights (T, 52), codes (T,) (-1 between rest and expression) and intensities (T,) of a clip.

    Expressions and rests follow each other; a clip may start in the middle of one.
    """
    weights, codes = np.zeros((count, len(ACTIONS))), np.full(count, _NEUTRAL)
    intensity = np.zeros(count)
    at = -int(rng.integers(0, fps)) if rng.random() < 0.4 else int(fps * rng.uniform(0, 1.5))
    while at < count:
        code = int(rng.integers(len(SEVEN)))
        length = int(fps * rng.uniform(0.8, 4))
        if code != _NEUTRAL:
            rows = np.arange(max(at, 0), min(at + length, count))
            curve = _rise_and_fall(rng, length, fps)[rows - at] * rng.uniform(0.15, 1)
            for name, weight in _shown(rng, SEVEN.names[code], variety).items():
                lag = int(rng.integers(-1, 2))
                weights[rows, _COLUMN[name]] = (
                    weight * np.roll(curve, lag) if lag and len(rows) > 2 else weight * curve
                )
            intensity[rows] = curve
            codes[rows] = np.where(curve >= SHOWN_FROM, code, np.where(curve < NEUTRAL_BELOW, _NEUTRAL, -1))
        at += length + int(fps * rng.uniform(0, 2))
    if (codes < 0).all():
        codes[:] = _NEUTRAL
        weights[:], intensity[:] = 0, 0
    return weights, codes, intensity


def _rise_and_fall(rng: np.random.Generator, length: int, fps: int) -> Floats:
    time = np.arange(length) / max(length, 1)
    rise, fall = rng.uniform(0.05, 0.4), rng.uniform(0.05, 0.4)
    wave = 1 + rng.uniform(0, 0.15) * np.sin(
        2 * np.pi * (rng.uniform(0.5, 2) * time * length / fps + rng.random())
    )
    return np.asarray(ease(time / rise) * ease((1 - time) / fall) * np.clip(wave, 0, 1.1))


def _shown(rng: np.random.Generator, expression: str, variety: Variety) -> dict[str, float]:
    """Return the weights of one showing: units of varied strength, sides that differ, and an odd one."""
    units = draw_units(expression, rng, spread=variety.spread, variants=variety.variants)
    kept = {unit: strength for unit, strength in units.items() if rng.random() >= variety.missing} or units
    found = weights_of_units(kept)
    if rng.random() < 0.3:
        for action in sides(str(rng.choice(_SINGLE))):
            found[action] = found.get(action, 0) + rng.uniform(0, 0.3)
    weaker = 1 - rng.uniform(0, 0.4) * (rng.random() < 0.5)
    side = "Left" if rng.random() < 0.5 else "Right"
    return {name: weight * (weaker if name.endswith(side) else 1) for name, weight in found.items()}


def _at_rest(rng: np.random.Generator) -> Floats:
    """Return what a face has at rest, (52,)."""
    weights = np.zeros(len(ACTIONS))
    for name in rng.choice(_RESTING, 3, replace=False):
        weight = 0.35 * rng.beta(1, 3)
        for action in sides(str(name)):
            weights[_COLUMN[action]] = weight
    return weights


def _speech(rng: np.random.Generator, count: int, fps: int) -> Floats:
    """Return what a speaking mouth adds, (T, 52): syllables at 2 to 6 Hz, with pauses, and raised brows."""
    seconds, added = np.arange(count) / fps, np.zeros((count, len(ACTIONS)))
    talks = np.sin(2 * np.pi * (rng.uniform(0.15, 0.6) * seconds + rng.random())) > rng.uniform(-1, 0)
    strength = rng.uniform(0.3, 1)
    for name, largest in _SPOKEN.items():
        wave = np.sin(2 * np.pi * (rng.uniform(1.5, 6) * seconds + rng.random())).clip(0)
        for action in sides(name):
            added[:, _COLUMN[action]] = strength * rng.uniform(0, largest) * talks * wave
    beats = np.sin(2 * np.pi * (rng.uniform(0.3, 1.2) * seconds + rng.random())).clip(0.6) - 0.6
    for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
        added[:, _COLUMN[name]] += rng.uniform(0, 0.5) * beats * talks
    return added


def _blinks_and_gaze(rng: np.random.Generator, weights: Floats, fps: int) -> None:
    """Set a wandering gaze, and blinks about every three seconds, in weights (T, 52)."""
    count = len(weights)
    set_gaze(weights, _wander(rng, count, fps, 0.15), _wander(rng, count, fps, 0.1))
    closure = np.zeros(count)
    for start in np.flatnonzero(rng.random(count) < rng.uniform(0.1, 0.6) / fps):
        length = max(2, int(fps * rng.uniform(0.12, 0.35)))
        end = min(count, int(start) + length)
        closure[start:end] = np.sin(np.pi * np.linspace(0.1, 0.9, length))[: end - start]
    for side in ("Left", "Right"):
        close_lids(weights, side, closure)


def _head(rng: np.random.Generator, count: int, fps: int) -> NDArray[np.float32]:
    """Return the pose (T, 3) in degrees."""
    turn = [
        rng.normal(0, start) + _wander(rng, count, fps, swing) for start, swing in ((9, 6), (6, 4), (4, 3))
    ]
    return np.stack(turn, axis=1).astype(np.float32)


def _wander(rng: np.random.Generator, count: int, fps: int, swing: float) -> Floats:
    seconds = np.arange(count) / fps
    waves = [
        rng.normal(0, swing / 2) * np.sin(2 * np.pi * (rng.uniform(0.1, 1.0) * seconds + rng.random()))
        for _ in range(2)
    ]
    return np.asarray(np.sum(waves, axis=0))
