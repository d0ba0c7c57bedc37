"""How predictions become scores: every setting of an evaluation."""

from dataclasses import dataclass
from typing import Annotated

from ferfusion.recipe import Above, AtLeast, Below, Recipe


@dataclass(frozen=True)
class EvaluateRecipe(Recipe):
    """Settings of an evaluation; shown in its report.

    Attributes:
        beta: How many times as much recall weighs as precision in the per-class F-beta.
        resamples: Bootstrap draws of the subjects for the intervals.
        confidence: Share of the resampled scores that lies inside an interval.
        seed: Seed of the draws; the same seed gives the same intervals.
    """

    beta: Annotated[float, Above(0)] = 2.0
    resamples: Annotated[int, AtLeast(1)] = 2000
    confidence: Annotated[float, Above(0), Below(1)] = 0.95
    seed: Annotated[int, AtLeast(0)] = 0
