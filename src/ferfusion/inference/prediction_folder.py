"""The files of a prediction's folder: of one video, or of the photographs of one call."""

from dataclasses import dataclass
from pathlib import Path

PREDICTION_FILES = (
    "report.html",
    "frames.csv",
    "onsets.csv",
    "means.csv",
    "photographs.csv",
    "verdict.json",
    "annotated.mp4",
    "annotated/*.jpg",
)
"""Patterns of the files of a prediction, the page first."""


@dataclass(frozen=True)
class PredictionFolder:
    """Paths of the files of the prediction of one video, or of photographs.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def frames_file(self) -> Path:
        """A row for every frame and face of a video."""
        return self.path / "frames.csv"

    @property
    def onsets_file(self) -> Path:
        """When each expression begins, peaks and ends, for every face of a video."""
        return self.path / "onsets.csv"

    @property
    def means_file(self) -> Path:
        """Mean probabilities of every face in every period of a video."""
        return self.path / "means.csv"

    @property
    def photographs_file(self) -> Path:
        """A row for every photograph and face."""
        return self.path / "photographs.csv"

    @property
    def annotated_images(self) -> Path:
        """The folder of the annotated photographs."""
        return self.path / "annotated"

    @property
    def verdict_file(self) -> Path:
        """The verdict on each face."""
        return self.path / "verdict.json"

    @property
    def annotated_file(self) -> Path:
        """The annotated video."""
        return self.path / "annotated.mp4"

    @property
    def page_file(self) -> Path:
        """The page."""
        return self.path / "report.html"
