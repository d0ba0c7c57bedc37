"""How videos become network input: every setting that changes a prepared clip."""

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from ferfusion.errors import ConfigError
from ferfusion.lookup import refuse_unknown

ALIKE = 0.96
"""Correlation from which on two crops count as one picture.

Of 4,082 such pairs among the 32,140 photographs of FER2013, which is full of copies, 96 were drawn from those
below 0.97 and looked at: all are copies. The most alike crops of two subjects of the rendered sample corpus
correlate at 0.951. Copies of 45 videos, real and rendered, were re-encoded at constant rate factor 38,
enlarged, cropped by 6 %, brightened or made grey: 224 of the 225 are found. A copy is missed where the
detector cuts the face out in another way: of the 36 rendered videos at half their 176 pixels it is 16.
"""


@dataclass(frozen=True)
class PrepareRecipe:
    """Settings of preparation; saved with every dataset and bundle, and hashed.

    Attributes:
        size: Side of the square face crop and of its flow, in pixels.
        detector: Face detector: haar, mtcnn, yunet, or none for videos that show just the face.
        detector_sha256: SHA-256 of the detector's model file; --detector-model sets it.
        margin: Share of the detected box's side that is added on every side of the face.
        min_face: Smallest face, as a share of the picture's shorter side; smaller boxes are ``small_face``.
        flow: Optical flow estimator: farneback, dis or tvl1.
        flow_size: Side of the square at which flow is computed, then reduced to ``size``; 0 is ``size``.
        segment_length: Frames of a segment.
        keep_every: Which pairs of a segment are training samples: every k-th from its first on;
            1 is all of them, the segment length is the first only.
        smoothing: Standard deviation, in frames, of the centred filter over a track's boxes; 0 is none.
    """

    size: int = 48
    detector: str = "haar"
    detector_sha256: str = ""
    margin: float = 0.0
    min_face: float = 0.1
    flow: str = "farneback"
    flow_size: int = 0
    segment_length: int = 16
    keep_every: int = 2
    smoothing: float = 3.0

    def __post_init__(self) -> None:
        if self.size < 16:
            raise ConfigError(f"size must be at least 16 pixels, got {self.size}")
        if self.detector_sha256 and not re.fullmatch("[0-9a-f]{64}", self.detector_sha256):
            raise ConfigError(
                f"detector_sha256 must be empty or 64 digits, 0 to 9 and a to f, got {self.detector_sha256!r}"
            )
        if self.flow_size and self.flow_size < self.size:
            raise ConfigError(
                f"flow_size must be 0 (the same as size) or at least size, {self.size}, got {self.flow_size}"
            )
        if not 0 <= self.margin <= 1:
            raise ConfigError(f"margin must be from 0 to 1, got {self.margin}")
        if not 0 < self.min_face <= 1:
            raise ConfigError(f"min_face must be above 0 and at most 1, got {self.min_face}")
        if self.segment_length < 2:
            raise ConfigError(f"segment_length must be at least 2 frames, got {self.segment_length}")
        if not 1 <= self.keep_every <= self.segment_length:
            raise ConfigError(
                f"keep_every must be from 1 (all pairs) to segment_length (the first only, "
                f"{self.segment_length}), got {self.keep_every}"
            )
        if not 0 <= self.smoothing < math.inf:
            raise ConfigError(f"smoothing must be 0 or more frames, got {self.smoothing}")

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the settings."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "PrepareRecipe":
        """Read settings back.

        Raises:
            ConfigError: a key is not a setting of this version.
        """
        refuse_unknown(cls, values, what="preparation")
        return cls(**values)

    def differences(self, other: "PrepareRecipe") -> list[str]:
        """Return one line for each setting in which two recipes differ."""
        return [
            f"{field.name} is {getattr(other, field.name)!r}, expected {getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
        ]
