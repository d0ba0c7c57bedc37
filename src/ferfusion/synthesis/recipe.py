"""Settings of a rendered corpus: everything that changes its images."""

from dataclasses import asdict, dataclass
from typing import Any

from ferfusion.errors import ConfigError


@dataclass(frozen=True)
class SynthesisRecipe:
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
    """

    subjects: int = 18
    clips: int = 2
    frames: int = 32
    fps: int = 25
    size: int = 176
    seed: int = 7
    min_intensity: float = 0.7
    max_intensity: float = 1.0
    supersampling: int = 2
    crf: int = 22

    def __post_init__(self) -> None:
        for name, least in (("subjects", 1), ("clips", 1), ("frames", 12), ("fps", 1), ("supersampling", 1)):
            value = getattr(self, name)
            if value < least:
                raise ConfigError(f"{name} must be at least {least}, got {value}")
        if self.size < 64 or self.size % 2:
            raise ConfigError(f"size must be even and at least 64 pixels, got {self.size}")
        if not 0 < self.min_intensity <= self.max_intensity <= 1:
            raise ConfigError(
                f"Intensities must be above 0, in order, and at most 1, "
                f"got {self.min_intensity} to {self.max_intensity}"
            )
        if not 0 <= self.crf <= 51:
            raise ConfigError(f"crf must be from 0 to 51, got {self.crf}")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return asdict(self)
