"""Settings of preparation: everything that changes a prepared clip."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Annotated, ClassVar

from ferfusion.errors import ConfigError
from ferfusion.recipe import Above, AtLeast, AtMost, Recipe

COPY_SIMILARITY = 0.96
"""Correlation from which on two crops count as copies of one image.

FER2013 has many copies: 4,082 such pairs among 32,140 photographs. Of those below 0.97, 96 were drawn and
inspected: all are copies. The most similar crops of two subjects of the rendered sample corpus correlate at
0.951. Copies of 45 videos, real and rendered, were re-encoded at constant rate factor 38, enlarged, cropped
by 6 %, brightened or made grey: 224 of the 225 are found. A copy is missed if the detector crops its face
differently: of the 36 rendered videos, reduced to half of their 176 pixels, 16 are missed.
"""


LARGEST_SIZE = 512
"""In pixels; more than twice the side of the largest crops that the networks are made for, 224."""
KEPT_PAIRS = ("segment_length", "keep_every")
"""Settings of which pairs are kept, which do not change what a model reads."""


@dataclass(frozen=True)
class PrepareRecipe(Recipe):
    """Settings of preparation, saved with every dataset and bundle.

    Attributes:
        size: Side of the square face crop and of its flow, in pixels.
        detector: Face detector: haar, mtcnn, yunet, or none for videos that show only the face.
        detector_sha256: SHA-256 of the detector's model file; --detector-model sets it.
        margin: Share of the detected box's side that is added on every side of the face.
        min_face: Smallest face, as a share of the image's shorter side; smaller boxes are ``small_face``.
        flow: Optical flow estimator: farneback, dis or tvl1.
        flow_size: Side of the square in which flow is computed, then averaged to ``size``; 0 is ``size``.
        segment_length: Frames of a segment.
        keep_every: Every k-th pair of a segment is a training sample, from the first on. 1 is all of them,
            the segment length is the first only.
        smoothing: Standard deviation, in frames, of the centred filter of a track's boxes; 0 is none.
    """

    described_as: ClassVar[str] = "preparation"

    size: Annotated[int, AtLeast(16), AtMost(LARGEST_SIZE, "pixels")] = 48
    detector: str = "haar"
    detector_sha256: str = ""
    margin: Annotated[float, AtLeast(0), AtMost(1)] = 0.0
    min_face: Annotated[float, Above(0), AtMost(1)] = 0.1
    flow: str = "farneback"
    flow_size: Annotated[int, AtLeast(0), AtMost(2 * LARGEST_SIZE, "pixels")] = 0
    segment_length: Annotated[int, AtLeast(2), AtMost(10_000, "frames")] = 16
    keep_every: int = 2
    smoothing: Annotated[float, AtLeast(0), AtMost(1_000, "frames")] = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.detector_sha256 and not re.fullmatch("[0-9a-f]{64}", self.detector_sha256):
            raise ConfigError(
                f"detector_sha256 must be empty or 64 digits, 0 to 9 and a to f, got {self.detector_sha256!r}"
            )
        if self.flow_size and self.flow_size < self.size:
            raise ConfigError(
                f"flow_size must be 0 (the same as size) or at least size, {self.size}, got {self.flow_size}"
            )
        if not 1 <= self.keep_every <= self.segment_length:
            raise ConfigError(
                f"keep_every must be from 1 (all pairs) to segment_length (the first only, "
                f"{self.segment_length}), got {self.keep_every}"
            )

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the settings."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def differences(self, other: "PrepareRecipe") -> list[str]:
        """Return one line for each setting in which two recipes differ."""
        return [
            f"{field.name} is {getattr(other, field.name)!r}, expected {getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
        ]
