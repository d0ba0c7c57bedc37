"""How predictions become scores: every setting of an evaluation."""

import math
from dataclasses import dataclass

from ferfusion.errors import ConfigError


@dataclass(frozen=True)
class EvaluateRecipe:
    """Settings of an evaluation; shown in its report.

    Attributes:
        beta: How many times as much recall weighs as precision in the per-class F-beta.
        resamples: How many times the subjects are drawn anew for the intervals.
        confidence: Share of the resampled scores that lies inside an interval.
        seed: Seed of the draws; the same seed gives the same intervals.
    """

    beta: float = 2.0
    resamples: int = 2000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.beta) and self.beta > 0):
            raise ConfigError(f"beta must be a positive number, got {self.beta}")
        if self.resamples < 1:
            raise ConfigError(f"resamples must be at least 1, got {self.resamples}")
        if not 0 < self.confidence < 1:
            raise ConfigError(f"confidence must be above 0 and below 1, got {self.confidence}")
        if self.seed < 0:
            raise ConfigError(f"seed must be 0 or more, got {self.seed}")
