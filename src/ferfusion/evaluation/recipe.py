"""The settings of an evaluation."""

from dataclasses import dataclass
from typing import Annotated

from ferfusion.recipe import Above, AtLeast, Below, Recipe


@dataclass(frozen=True)
class EvaluateRecipe(Recipe):
    """Settings of an evaluation; shown in its report.

    Attributes:
        beta: Weight of recall relative to precision in the F-beta of each class.
        resamples: Bootstrap draws of the subjects for the intervals.
        confidence: Share of the resampled scores inside an interval.
        seed: Seed of the draws; the same seed gives the same intervals.
    """

    beta: Annotated[float, Above(0)] = 2.0
    resamples: Annotated[int, AtLeast(1)] = 2000
    confidence: Annotated[float, Above(0), Below(1)] = 0.95
    seed: Annotated[int, AtLeast(0)] = 0
