"""Calibration of a model: a temperature, and thresholds for abstention.

Both are chosen on the validation part, kept in the bundle, and used by prediction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pandas as pd

from ferfusion.evaluation.calibration import (
    COOLEST,
    HOTTEST,
    NEVER,
    Abstention,
    abstain_for_coverage,
    abstain_for_risk,
    fit_temperature,
    reliability,
    with_temperature,
)
from ferfusion.evaluation.predictions import video_level
from ferfusion.label_set import LabelSet
from ferfusion.recipe import AtLeast, AtMost, Recipe

_WANTED_RISK, _LEAST_COVERAGE = 0.2, 0.5
THRESHOLD_RULE = (
    f"at most {_WANTED_RISK:.0%} of the answers wrong on the validation part; if fewer than "
    f"{_LEAST_COVERAGE:.0%} of it were answered, the half with the highest confidence is answered"
)
"""How the thresholds are chosen."""


@dataclass(frozen=True)
class Calibration(Recipe):
    """The temperature and the thresholds of a model, with their scores on the validation part.

    Attributes:
        temperature: The logits are divided by it before the softmax; 1 changes nothing.
        abstain_below_pair: Lowest probability of the top class at which a frame gets an answer; at 0, every
            frame does.
        abstain_below_video: The same for the mean over the frames of a video.
        video_coverage: Share of the validation videos that get an answer; None for a dataset of single
            images, on which no threshold for means over time can be chosen.
        video_risk: Share of wrong answers among these.
        ece_before: Expected calibration error of the validation pairs without the temperature.
        ece_after: The same with the temperature, which was fitted on these pairs.

    Raises:
        ConfigError: a value is not a number within its bounds; a temperature below 0 would reverse every
            answer.
    """

    described_as: ClassVar[str] = "calibration"

    # the fit ends on its bounds up to rounding
    temperature: Annotated[float, AtLeast(COOLEST / 2), AtMost(2 * HOTTEST)] = 1.0
    abstain_below_pair: Annotated[float, AtLeast(0), AtMost(NEVER)] = 0.0
    abstain_below_video: Annotated[float, AtLeast(0), AtMost(NEVER)] = 0.0
    video_coverage: Annotated[float | None, AtLeast(0), AtMost(1)] = None
    video_risk: Annotated[float | None, AtLeast(0), AtMost(1)] = None
    ece_before: Annotated[float | None, AtLeast(0), AtMost(1)] = None
    ece_after: Annotated[float | None, AtLeast(0), AtMost(1)] = None

    @property
    def abstain_below_mean(self) -> float | None:
        """The threshold for means over a video; None if it was not chosen on videos."""
        return None if self.video_coverage is None else self.abstain_below_video

    @classmethod
    def of(cls, metrics: Mapping[str, Any]) -> "Calibration":
        """Return the calibration among a bundle's metrics; by default, one that changes nothing."""
        return cls.from_dict(metrics.get("calibration", {}))


def fit_calibration(validation: pd.DataFrame, labels: LabelSet) -> Calibration:
    """Fit the temperature on the validation part's pairs, and choose the thresholds by ``THRESHOLD_RULE``.

    Args:
        validation: A prediction table of the validation part, as the model gave it; it has rows.
        labels: Its classes.
    """
    columns = list(labels.probability_columns)
    given, codes = validation[columns].to_numpy(float), validation["code"].to_numpy()
    temperature = fit_temperature(given, codes)
    pairs = validation.copy()
    pairs[columns] = calibrated = with_temperature(given, temperature)
    videos = video_level(pairs, labels=labels)
    of_pair = _abstention(calibrated, codes)
    of_video = _abstention(videos[columns].to_numpy(float), videos["code"].to_numpy())
    are_videos = bool((videos["pairs"] > 1).any())
    return Calibration(
        temperature=temperature,
        abstain_below_pair=of_pair.threshold,
        abstain_below_video=of_video.threshold,
        video_coverage=of_video.coverage if are_videos else None,
        video_risk=of_video.risk if are_videos else None,
        ece_before=reliability(given, codes).ece,
        ece_after=reliability(calibrated, codes).ece,
    )


def _abstention(probabilities: Any, codes: Any) -> Abstention:
    found = abstain_for_risk(probabilities, codes, risk=_WANTED_RISK)
    if found.coverage >= _LEAST_COVERAGE:
        return found
    return abstain_for_coverage(probabilities, codes, coverage=_LEAST_COVERAGE)
