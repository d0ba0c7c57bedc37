"""Verdicts: the displayed expression of each face of a video or photograph, from its frame table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.timeline import MIXED, faces_of, unsure_word
from ferfusion.label_set import LabelSet
from ferfusion.reporting.words import any_of
from ferfusion.video.timestamps import SLACK_SECONDS

_RESAMPLES, _RESAMPLES_AT_ONCE = 1000, 50
_CONFIDENCE = 0.9
MIXED_SHARE = 0.2
"""A face is mixed if two or more expressions each have at least this share of its frames in the timeline."""
MIN_SUPPORT = 0.9
"""The top class is named only if it is also the top class in at least this share of the resampled videos."""
INTERVAL_METHOD = (
    "block bootstrap over time: the predictions are put into n bins of one second; each of 1000 resamples "
    "draws blocks of n^(1/3) consecutive bins (rounded), with replacement, until it has at least n bins; "
    "interval: 90 %"
)
_FACES_IN_STATEMENT = 3
_NOTHING_FOUND = MappingProxyType(
    {
        "no_face": "No face was found in the photograph",
        "small_face": "Only a face that is too small was found in the photograph",
        "low_score": "Only a detection with a low score was found in the photograph",
    }
)
"""What is said of a photograph of each status."""


@dataclass(frozen=True)
class FaceVerdict:
    """The displayed expression of one face over a video.

    Attributes:
        face: Number of the face; face 0 has the largest box area, summed over all frames.
        expression: The top class; ``mixed`` for several expressions; or the word for no class: ``unsure``,
            and ``no clear expression`` for a model without Neutral.
        top_class: The class with the highest mean probability over the face's frames.
        probabilities: Mean probability of each class.
        interval: Ends of the 90 % interval of the top class's mean probability, by a block bootstrap over
            time; None if all frames of the face lie in one second.
        bootstrap_support: Share of the resampled videos that have the same top class, Neutral ignored; None
            if ``interval`` is None.
        uncertainty: Entropy of ``probabilities`` divided by its largest value: 0 for one certain class, 1 for
            equal probabilities.
        why_no_class: Why no class is named; empty if one is named.
        shares: Share of the face's frames that has each name in the smoothed timeline, largest first.
        frames: Number of frames that show the face.
        share_of_frames: The same number as a share of all frames that get a prediction.
        would_help: If no class is named: what would make the verdict surer, such as a larger face.
        intervals: The ends of the interval of every class, as ``interval``; empty if that is None.
    """

    face: int
    expression: str
    top_class: str
    probabilities: dict[str, float]
    interval: tuple[float, float] | None
    bootstrap_support: float | None
    uncertainty: float
    why_no_class: str
    shares: dict[str, float]
    frames: int
    share_of_frames: float
    would_help: tuple[str, ...] = ()
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "FaceVerdict":
        """Return a verdict of ``verdict.json``; one of an earlier version has no advice, no intervals."""
        found: dict[str, Any] = {"would_help": (), "intervals": {}, **written}
        values = {name: found[name] for name in cls.__dataclass_fields__}
        values["interval"] = values["interval"] and tuple(values["interval"])
        values["would_help"] = tuple(values["would_help"])
        values["intervals"] = {name: tuple(ends) for name, ends in values["intervals"].items()}
        return cls(**values)


def judge(table: pd.DataFrame, labels: LabelSet, *, abstain_below: float | None = None) -> list[FaceVerdict]:
    """Return a verdict for each face of a frame table, the face with the largest box area first.

    Args:
        table: The frame table, with the column ``smoothed``.
        labels: Classes of its probabilities.
        abstain_below: Lowest mean probability at which the top class is named. None if the threshold was not
            fitted on videos. Then the verdict is unsure if more than half of the frames have no class.
    """
    num_frames = table["frame"].nunique()
    probabilities = table[list(labels.probability_columns)].to_numpy(np.float32)
    seconds = table["seconds"].to_numpy(np.float64)
    names = table["smoothed"]
    verdicts = []
    for face, rows in faces_of(table):
        mean = probabilities[rows].mean(axis=0, dtype=float)
        code = int(mean.argmax())
        intervals, support = _intervals_and_support(seconds[rows], probabilities[rows], code, labels)
        shares = _shares(names.iloc[rows])
        frequent = _frequent_expressions(names.iloc[rows].to_numpy(dtype=object), shares, labels)
        expression, why = _name(mean, shares, frequent, labels, support=support, abstain_below=abstain_below)
        verdicts.append(
            FaceVerdict(
                face=face,
                expression=expression,
                top_class=labels.names[code],
                probabilities={name: float(p) for name, p in zip(labels.names, mean, strict=True)},
                interval=intervals.get(labels.names[code]),
                bootstrap_support=support,
                uncertainty=normalised_entropy(mean),
                why_no_class=why,
                shares=shares,
                frames=len(rows),
                share_of_frames=len(rows) / num_frames,
                intervals=intervals,
            )
        )
    return verdicts


def judge_photograph(
    table: pd.DataFrame, labels: LabelSet, *, abstain_below: float = 0.0
) -> list[FaceVerdict]:
    """Return a verdict for each face of a photograph, the largest first.

    Args:
        table: Its frame table, with the column ``smoothed``, which names each row.
        labels: Classes of its probabilities.
        abstain_below: Probability of the top class below which no class is named.
    """
    probabilities = table[list(labels.probability_columns)].to_numpy(np.float64)
    verdicts = []
    for face, rows in faces_of(table):
        of_face = probabilities[rows[0]]
        top_class, name = labels.names[int(of_face.argmax())], str(table["smoothed"].iloc[rows[0]])
        probability, threshold = told_apart(of_face.max(), abstain_below)
        why = (
            ""
            if name == top_class
            else f"its probability, {probability}, is below the threshold of {threshold}"
        )
        verdicts.append(
            FaceVerdict(
                face=face,
                expression=name,
                top_class=top_class,
                probabilities=dict(zip(labels.names, of_face.tolist(), strict=True)),
                interval=None,
                bootstrap_support=None,
                uncertainty=normalised_entropy(of_face),
                why_no_class=why,
                shares={name: 1.0},
                frames=1,
                share_of_frames=1.0,
            )
        )
    return verdicts


def _intervals_and_support(
    seconds: NDArray[np.float64], probabilities: NDArray[np.float32], code: int, labels: LabelSet
) -> tuple[dict[str, tuple[float, float]], float | None]:
    resampled = resampled_means(seconds, probabilities, rng=np.random.default_rng(0))
    if resampled is None:
        return {}, None
    tail = (1 - _CONFIDENCE) / 2
    ends = np.quantile(resampled, (tail, 1 - tail), axis=0).T.tolist()
    # a face is at rest before and after most expressions, which does not make the expression less clear
    ignored = None if labels.names[code] == labels.neutral else labels.neutral
    others = [each for each, name in enumerate(labels.names) if each != code and name != ignored]
    is_top = resampled[:, code] >= resampled[:, others].max(axis=1, initial=0)
    return {name: (low, high) for name, (low, high) in zip(labels.names, ends, strict=True)}, float(
        is_top.mean()
    )


def _shares(names: "pd.Series[str]") -> dict[str, float]:
    shares = names.value_counts(normalize=True)
    return {str(name): float(share) for name, share in shares.items() if share > 0}


def _frequent_expressions(
    names: NDArray[np.object_], shares: Mapping[str, float], labels: LabelSet
) -> list[str]:
    """Return the classes, except Neutral, with at least ``MIXED_SHARE`` of the frames, in order of time."""
    index = np.arange(len(names))
    frequent = [
        name
        for name, share in shares.items()
        if share >= MIXED_SHARE and name in labels and name != labels.neutral
    ]
    return sorted(frequent, key=lambda name: float(np.median(index[names == name])))


def _name(
    mean: NDArray[np.float64],
    shares: Mapping[str, float],
    frequent: list[str],
    labels: LabelSet,
    *,
    support: float | None,
    abstain_below: float | None,
) -> tuple[str, str]:
    """Return the name of a face's expression, and why it is not a class."""
    first, *others = (labels.names[code] for code in np.argsort(-mean, kind="stable"))
    second = next((name for name in others if name != labels.neutral), others[0])
    unsure = unsure_word(labels)
    if len(frequent) > 1:
        return MIXED, "first " + ", then ".join(
            f"{name} ({shares[name]:.0%} of its frames)" for name in frequent
        )
    if abstain_below is None and shares.get(unsure, 0.0) > 0.5:
        return unsure, f"in {shares[unsure]:.0%} of its frames no class reaches the threshold"
    if abstain_below is not None and mean.max() < abstain_below:
        probability, threshold = told_apart(float(mean.max()), abstain_below)
        return unsure, (
            f"the mean probability of {first}, {probability}, is below {threshold}, "
            "under which the model was too often wrong on its validation videos"
        )
    if support is not None and support < MIN_SUPPORT:
        return MIXED, f"{first} and {second}: the top class changes when the video is resampled over time"
    return first, ""


def resampled_means(
    seconds: NDArray[np.float64], probabilities: NDArray[np.float32], *, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Return the mean probabilities of resampled videos, (R, C): blocks of time drawn with replacement.

    Frames that are close in time are correlated, so frames cannot be drawn independently; blocks of seconds
    are closer to independent. Blocks wrap around at the end, so every second has the same chance to be drawn.
    Künsch 1989; Politis and Romano 1992 (circular blocks); block length n^(1/3): Hall, Horowitz and Jing
    1995.

    Args:
        seconds: Times of the frames that show a face, rising, (N,).
        probabilities: Their class probabilities, (N, C).
        rng: Random generator of the draws.

    Returns:
        None if the frames lie in fewer than two bins of one second.
    """
    _, bin_of_frame = np.unique(np.floor(seconds - seconds[0] + SLACK_SECONDS), return_inverse=True)
    bins = int(bin_of_frame[-1]) + 1
    if bins < 2:
        return None
    sums = np.zeros((bins, probabilities.shape[1] + 1))
    np.add.at(sums, bin_of_frame, np.column_stack([probabilities, np.ones(len(probabilities))]))
    length = round(bins ** (1 / 3))
    running = np.cumsum(np.concatenate([np.zeros((1, sums.shape[1])), sums, sums[: length - 1]]), axis=0)
    blocks = running[length:] - running[:-length]  # (bins, C + 1): sums and counts
    per_video = math.ceil(bins / length)
    rounds = range(_RESAMPLES // _RESAMPLES_AT_ONCE)
    draws = (rng.integers(bins, size=(_RESAMPLES_AT_ONCE, per_video)) for _ in rounds)
    drawn = np.concatenate([blocks[block_starts].sum(axis=1) for block_starts in draws])
    means: NDArray[np.float64] = drawn[:, :-1] / drawn[:, -1:]
    return means


def normalised_entropy(probabilities: NDArray[np.floating[Any]]) -> float:
    """Return the entropy of a distribution divided by the entropy of the uniform distribution, 0 to 1.

    >>> normalised_entropy(np.array([0.5, 0.5])), normalised_entropy(np.array([1.0, 0.0]))
    (1.0, 0.0)
    """
    positive = probabilities[probabilities > 0]
    return abs(float(-(positive * np.log(positive)).sum() / np.log(len(probabilities))))


def describe(verdicts: list[FaceVerdict], table: pd.DataFrame) -> str:
    """Return the verdicts of a video as text, a sentence for each face, or why there is none."""
    num_frames = table["frame"].nunique()
    if not verdicts:
        statuses = table["status"].value_counts()
        reasons = ", ".join(f"{status} {count}" for status, count in statuses.items() if count)
        return (
            f"No face was found in {any_of(num_frames, 'frame')}, so no expression is given ({reasons})."
            if num_frames
            else "No frame could be decoded, so no expression is given."
        )
    return " ".join([*map(_sentence, verdicts[:_FACES_IN_STATEMENT]), *_others(verdicts)])


def describe_photograph(verdicts: list[FaceVerdict], table: pd.DataFrame) -> str:
    """Return the verdicts of a photograph as text, a sentence for each face, or why there is none."""
    if not verdicts:
        return f"{_NOTHING_FOUND[str(table['status'].iloc[0])]}, so no expression is given."
    return " ".join([*map(_photograph_sentence, verdicts[:_FACES_IN_STATEMENT]), *_others(verdicts)])


def _photograph_sentence(verdict: FaceVerdict) -> str:
    if verdict.why_no_class:
        return (
            f"Face {verdict.face}: {verdict.expression}; the top class is {verdict.top_class}, "
            f"but {verdict.why_no_class}."
        )
    probability = verdict.probabilities[verdict.top_class]
    return f"Face {verdict.face} displays {verdict.expression} (probability {probability:.2f})."


def _others(verdicts: list[FaceVerdict]) -> list[str]:
    """Return the sentence about the faces that are not described."""
    others = len(verdicts) - _FACES_IN_STATEMENT
    faces, are = ("face", "is") if others == 1 else ("faces", "are")
    return [f"{others} more {faces} with less box area {are} in the table."] if others > 0 else []


def _sentence(verdict: FaceVerdict) -> str:
    numbers = f"mean probability {verdict.probabilities[verdict.top_class]:.2f}"
    if verdict.interval is not None:
        numbers += f", 90% interval {verdict.interval[0]:.2f} to {verdict.interval[1]:.2f}"
    over_time = f"over time {_largest_shares(verdict.shares)}"
    seen = f"seen in {verdict.share_of_frames:.0%} of the frames"
    if verdict.expression == MIXED:
        return f"Face {verdict.face}: mixed, {verdict.why_no_class}; {seen}."
    if verdict.why_no_class:
        return (
            f"Face {verdict.face}: {verdict.expression}; the top class is {verdict.top_class} ({numbers})"
            f"{_next_classes(verdict)}, but {verdict.why_no_class}; {over_time}; {seen}."
        )
    return f"Face {verdict.face} displays {verdict.expression} ({numbers}; {over_time}; {seen})."


def _next_classes(verdict: FaceVerdict) -> str:
    """Return the two classes after the top class, with their intervals."""
    ranked = sorted(verdict.probabilities.items(), key=lambda one: -one[1])
    others = [(name, p) for name, p in ranked if name != verdict.top_class][:2]
    words = []
    for name, probability in others:
        ends = verdict.intervals.get(name)
        words.append(f"{name} {probability:.2f}" + (f" ({ends[0]:.2f} to {ends[1]:.2f})" if ends else ""))
    return f", then {' and '.join(words)}" if words else ""


def _largest_shares(shares: Mapping[str, float]) -> str:
    largest = [f"{name} {share:.0%}" for name, share in list(shares.items())[:3] if share >= 0.05]
    return ", ".join(largest)


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Return two different numbers as text, with two decimals or as many as tell them apart.

    >>> told_apart(0.4, 0.5), told_apart(0.5061, 0.5118)
    (('0.40', '0.50'), ('0.506', '0.512'))
    """
    digits = next((n for n in range(2, 7) if f"{first:.{n}f}" != f"{second:.{n}f}"), 6)
    return f"{first:.{digits}f}", f"{second:.{digits}f}"


def rounded(value: Any) -> Any:
    """Return a value with all its floats rounded to six digits, for verdict.json."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value
