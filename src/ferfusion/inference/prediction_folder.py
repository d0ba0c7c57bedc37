"""The files of a prediction's folder: of one video, or of the photographs of one call."""

import re
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
BATCH_NAME = re.compile(r"batch-(\d{5,})")
"""Name of the folder of a batch, in the folder of the predictions of many inputs."""


def batch_folder(out: Path, number: int) -> Path:
    """Return the folder of a batch, whose numbers begin at 1.

    >>> batch_folder(Path("out"), 7).name
    'batch-00007'
    """
    return out / f"batch-{number:05d}"


def batch_folders(out: Path) -> dict[str, Path]:
    """Return the folders of the batches in a folder of predictions, by the digits of their numbers."""
    found = sorted(
        (int(match[1]), match[1]) for each in out.iterdir() if (match := BATCH_NAME.fullmatch(each.name))
    )
    return {digits: out / f"batch-{digits}" for _, digits in found}


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
