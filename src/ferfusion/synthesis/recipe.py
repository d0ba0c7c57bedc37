"""Settings of a rendered corpus: everything that changes its images."""

from dataclasses import dataclass
from typing import Annotated, Literal

from ferfusion.errors import ConfigError
from ferfusion.recipe import AtLeast, AtMost, Recipe


@dataclass(frozen=True)
class SynthesisRecipe(Recipe):
    """Settings of a rendered corpus; the same settings give the same corpus.

    Attributes:
        subjects: How many different people.
        clips: Clips of each expression and subject.
        frames: Frames of a clip.
        fps: Frames per second.
        size: Side of the square image, in pixels.
        seed: Seed of all random draws.
        min_intensity: Weakest peak of an expression, from 0 (neutral) to 1.
        max_intensity: Strongest peak of an expression.
        supersampling: Rendered samples per pixel and axis.
        crf: Quality of the H.264 files, from 0 (lossless) to 51.
        look: Who is shown, and how: ``studio``, or ``everyday`` with other people, harder light and several
            ways to show an expression.
    """

    subjects: Annotated[int, AtLeast(1)] = 18
    clips: Annotated[int, AtLeast(1)] = 2
    frames: Annotated[int, AtLeast(12)] = 32
    fps: Annotated[int, AtLeast(1)] = 25
    size: int = 176
    seed: int = 7
    min_intensity: float = 0.7
    max_intensity: float = 1.0
    supersampling: Annotated[int, AtLeast(1)] = 2
    crf: Annotated[int, AtLeast(0), AtMost(51)] = 22
    look: Literal["studio", "everyday"] = "studio"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 64 or self.size % 2:
            raise ConfigError(f"size must be even and at least 64 pixels, got {self.size}")
        if not 0 < self.min_intensity <= self.max_intensity <= 1:
            raise ConfigError(
                f"Intensities must be above 0, in order, and at most 1, "
                f"got {self.min_intensity} to {self.max_intensity}"
            )
