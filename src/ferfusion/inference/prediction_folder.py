"""The files of a prediction's folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PredictionFolder:
    """Paths of the files of the prediction of one video.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def frames_file(self) -> Path:
        """A row for every frame and face."""
        return self.path / "frames.csv"

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
