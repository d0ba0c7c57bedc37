"""From readings of frames to a statement on a face, with how far it could be off: pure, from tables."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.timeline import faces_of, unsure_word
from ferfusion.labels import LabelSet

_RESAMPLES, _AT_ONCE = 1000, 50
_CONFIDENCE = 0.9
MIXED = "mixed"
LEAST_TURN = 0.2
"""Expressions that are each named for such a share of a face's frames take turns."""
LEAST_LEAD = 0.9
"""The likeliest class must lead in so many of the resampled videos; else the face shows no one expression."""
METHOD = (
    "block bootstrap over time: the readings are put into bins of one second; of n bins, blocks of n^(1/3) "
    "neighbours (rounded) are drawn with replacement until n are drawn, 1000 times; interval: 90 %"
)
_FACES_IN_WORDS = 3


@dataclass(frozen=True)
class FaceVerdict:
    """The displayed expression of one face over a video.

    Attributes:
        face: Number of the face, from 0 for the one that fills the most of the video.
        expression: The likeliest class; ``mixed`` where several take turns; or ``unsure``, for a model
            without Neutral ``no clear expression``, where none is likely enough.
        likeliest: The class with the highest mean probability over the face's frames.
        probabilities: Mean probability of each class.
        interval: Ends of the 90 % interval of the likeliest class's mean probability, by a block bootstrap
            over time; None where all its frames fall into one second.
        lead: Share of the resampled videos in which that class is the likeliest, Neutral aside; None as
            above.
        uncertainty: Entropy of ``probabilities`` over its largest value: 0 is sure, 1 knows nothing.
        why_unsure: Why no class is named; empty where one is.
        shares: Share of the face's frames that has each name in the smoothed timeline, largest first.
        frames: Number of frames that show the face.
        share_of_frames: The same as a share of all frames that were read.
    """

    face: int
    expression: str
    likeliest: str
    probabilities: dict[str, float]
    interval: tuple[float, float] | None
    lead: float | None
    uncertainty: float
    why_unsure: str
    shares: dict[str, float]
    frames: int
    share_of_frames: float


def judge(table: pd.DataFrame, labels: LabelSet, *, abstain_below: float | None = None) -> list[FaceVerdict]:
    """Return a verdict for each face of a frame table, the one that fills the most of the video first.

    Args:
        table: The frame table, with the column ``smoothed``.
        labels: Classes of its probabilities.
        abstain_below: Least mean probability of the likeliest class for it to be named; where that was not
            measured on videos, the class is named unless the timeline has no class for most of the time.
    """
    num_frames = table["frame"].nunique()
    readings = table[list(labels.probability_columns)].to_numpy(np.float32)
    seconds = table["seconds"].to_numpy(np.float64)
    names = table["smoothed"]
    verdicts = []
    for face, rows in faces_of(table):
        mean = readings[rows].mean(axis=0, dtype=float)
        code = int(mean.argmax())
        interval, lead = _interval_and_lead(seconds[rows], readings[rows], code, labels)
        shares = _shares(names.iloc[rows])
        turns = _turns(names.iloc[rows].to_numpy(dtype=object), shares, labels)
        expression, why = _name(mean, shares, turns, labels, lead=lead, abstain_below=abstain_below)
        verdicts.append(
            FaceVerdict(
                face=face,
                expression=expression,
                likeliest=labels.names[code],
                probabilities={name: float(p) for name, p in zip(labels.names, mean, strict=True)},
                interval=interval,
                lead=lead,
                uncertainty=normalised_entropy(mean),
                why_unsure=why,
                shares=shares,
                frames=len(rows),
                share_of_frames=len(rows) / num_frames,
            )
        )
    return verdicts


def _interval_and_lead(
    seconds: NDArray[np.float64], readings: NDArray[np.float32], code: int, labels: LabelSet
) -> tuple[tuple[float, float] | None, float | None]:
    resampled = resampled_means(seconds, readings, rng=np.random.default_rng(0))
    if resampled is None:
        return None, None
    tail = (1 - _CONFIDENCE) / 2
    low, high = np.quantile(resampled[:, code], (tail, 1 - tail))
    # a face at rest before and after an expression does not contest it
    at_rest = () if labels.names[code] == "Neutral" else ("Neutral",)
    rivals = [each for each, name in enumerate(labels.names) if each != code and name not in at_rest]
    leads = resampled[:, code] >= resampled[:, rivals].max(axis=1)
    return (float(low), float(high)), float(leads.mean())


def _shares(names: "pd.Series[str]") -> dict[str, float]:
    shares = names.value_counts(normalize=True)
    return {str(name): float(share) for name, share in shares.items() if share > 0}


def _turns(names: NDArray[np.object_], shares: Mapping[str, float], labels: LabelSet) -> list[str]:
    """Return the expressions that are named for long, in the order of time; a face at rest is none."""
    places = np.arange(len(names))
    long = [
        name for name, share in shares.items() if share >= LEAST_TURN and name in labels and name != "Neutral"
    ]
    return sorted(long, key=lambda name: float(np.median(places[names == name])))


def _name(
    mean: NDArray[np.float64],
    shares: Mapping[str, float],
    turns: list[str],
    labels: LabelSet,
    *,
    lead: float | None,
    abstain_below: float | None,
) -> tuple[str, str]:
    """Return what is said of a face, and why no class is, where none is."""
    first, *others = (labels.names[code] for code in np.argsort(-mean, kind="stable"))
    second = next(name for name in others if name != "Neutral")
    unsure = unsure_word(labels)
    if len(turns) > 1:
        return MIXED, "first " + ", then ".join(
            f"{name} ({shares[name]:.0%} of its frames)" for name in turns
        )
    if abstain_below is None and shares.get(unsure, 0.0) > 0.5:
        return unsure, f"in {shares[unsure]:.0%} of its frames no class is likely enough"
    if abstain_below is not None and mean.max() < abstain_below:
        return unsure, (
            f"the mean probability of {first}, {mean.max():.2f}, is below {abstain_below:.2f}, "
            "under which the model was too often wrong on its validation videos"
        )
    if lead is not None and lead < LEAST_LEAD:
        return MIXED, f"{first} and {second}: over other stretches of time another may be likeliest"
    return first, ""


def resampled_means(
    seconds: NDArray[np.float64], readings: NDArray[np.float32], *, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Return the mean probabilities of resampled videos, (R, C): blocks of time drawn with replacement.

    Frames near in time are alike, so that they are no independent draws; blocks of neighbouring seconds are
    nearer to it. Blocks wrap around at the end, so that every second is as likely to be drawn. Künsch 1989;
    Politis and Romano 1992 (circular blocks); block length n^(1/3): Hall, Horowitz and Jing 1995.

    Returns:
        None where the readings lie in fewer than two bins of a second: nothing can be drawn.
    """
    _, places = np.unique(np.floor(seconds - seconds[0] + 1e-6), return_inverse=True)
    bins = int(places[-1]) + 1
    if bins < 2:
        return None
    sums = np.zeros((bins, readings.shape[1] + 1))
    np.add.at(sums, places, np.column_stack([readings, np.ones(len(readings))]))
    length = round(bins ** (1 / 3))
    running = np.cumsum(np.concatenate([np.zeros((1, sums.shape[1])), sums, sums[: length - 1]]), axis=0)
    blocks = running[length:] - running[:-length]  # (bins, C + 1): sums and counts
    per_video = math.ceil(bins / length)
    rounds = (rng.integers(bins, size=(_AT_ONCE, per_video)) for _ in range(_RESAMPLES // _AT_ONCE))
    drawn = np.concatenate([blocks[places].sum(axis=1) for places in rounds])
    means: NDArray[np.float64] = drawn[:, :-1] / drawn[:, -1:]
    return means


def normalised_entropy(probabilities: NDArray[np.floating[Any]]) -> float:
    """Return the entropy of a distribution over that of the uniform one, 0 to 1.

    >>> normalised_entropy(np.array([0.5, 0.5])), normalised_entropy(np.array([1.0, 0.0]))
    (1.0, 0.0)
    """
    positive = probabilities[probabilities > 0]
    return abs(float(-(positive * np.log(positive)).sum() / np.log(len(probabilities))))


def describe(verdicts: list[FaceVerdict], table: pd.DataFrame) -> str:
    """Return the verdict on a video as one sentence a face, or why there is none."""
    num_frames = table["frame"].nunique()
    if not verdicts:
        statuses = table["status"].value_counts()
        reasons = ", ".join(f"{status} {count}" for status, count in statuses.items() if count)
        return (
            f"No face was found in any of {num_frames} frames, so no expression is given ({reasons})."
            if num_frames
            else "No frame could be decoded, so no expression is given."
        )
    lines = [_sentence(verdict) for verdict in verdicts[:_FACES_IN_WORDS]]
    others = len(verdicts) - _FACES_IN_WORDS
    if others > 0:
        lines.append(f"{others} more {'face was' if others == 1 else 'faces were'} seen for less.")
    return " ".join(lines)


def _sentence(verdict: FaceVerdict) -> str:
    numbers = f"mean probability {verdict.probabilities[verdict.likeliest]:.2f}"
    if verdict.interval is not None:
        numbers += f", 90% interval {verdict.interval[0]:.2f} to {verdict.interval[1]:.2f}"
    over_time = f"over time {_shares_in_words(verdict.shares)}"
    seen = f"seen in {verdict.share_of_frames:.0%} of the frames"
    if verdict.expression == MIXED:
        return f"Face {verdict.face}: mixed, {verdict.why_unsure}; {seen}."
    if verdict.why_unsure:
        return (
            f"Face {verdict.face}: {verdict.expression}; likeliest is {verdict.likeliest} ({numbers}), but "
            f"{verdict.why_unsure}; {over_time}; {seen}."
        )
    return f"Face {verdict.face} displays {verdict.expression} ({numbers}; {over_time}; {seen})."


def _shares_in_words(shares: Mapping[str, float]) -> str:
    largest = [f"{name} {share:.0%}" for name, share in list(shares.items())[:3] if share >= 0.05]
    return ", ".join(largest)
