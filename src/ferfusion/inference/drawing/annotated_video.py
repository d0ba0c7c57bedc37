"""The annotated video: every picture at its own time, what was read of it, and the original sound."""

from collections.abc import Iterable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.inference.drawing.overlay import FaceReading, Overlay
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.labels import LabelSet
from ferfusion.video.reader import Frame
from ferfusion.video.writer import VideoWriter


class ReadingsByFrame:
    """Gives the readings of each frame; a frame that was not read has those of the last one that was.

    Args:
        table: The frame table, with the column ``smoothed``.
        smoothed: The smoothed class probabilities of its rows, (rows, C).
    """

    def __init__(self, table: pd.DataFrame, smoothed: NDArray[np.float32]) -> None:
        self._frames, starts = np.unique(table["frame"].to_numpy(), return_index=True)
        self._starts = np.append(starts, len(table))
        self._status = table["status"]
        self._has_face = (table["status"] == "ok").to_numpy()
        self._faces = table["face"].to_numpy(dtype=np.int64, na_value=-1)
        self._boxes = table[list("xywh")].to_numpy(np.float32)
        self._names = table["smoothed"]
        self._smoothed = smoothed

    def at(self, frame: int) -> tuple[list[FaceReading], str]:
        """Return the faces of a frame, the lowest number first, and the status where it has none."""
        place = int(np.searchsorted(self._frames, frame, side="right")) - 1
        rows = [row for row in range(self._starts[place], self._starts[place + 1]) if self._has_face[row]]
        faces = [self._reading(row) for row in sorted(rows, key=lambda row: int(self._faces[row]))]
        return faces, str(self._status.iloc[self._starts[place]]).replace("_", " ")

    def _reading(self, row: int) -> FaceReading:
        x, y, w, h = self._boxes[row].tolist()
        return FaceReading(
            int(self._faces[row]), (x, y, w, h), str(self._names.iloc[row]), self._smoothed[row]
        )


def write_annotated(
    path: Path,
    frames: Iterable[Frame],
    readings: ReadingsByFrame,
    labels: LabelSet,
    *,
    rate: Fraction,
    recipe: PredictRecipe,
    sound_from: Path | None,
) -> None:
    """Write the annotated video of the frames that were read; it starts where reading started.

    Nothing is written where no frame has a picture.

    Raises:
        VideoError: the file cannot be written.
    """
    writer: VideoWriter | None = None
    overlay: Overlay | None = None
    with ExitStack() as opened:
        for frame in frames:
            if frame.error:
                continue
            picture = frame.rgb()
            if writer is None or overlay is None:
                height, width = picture.shape[:2]
                overlay = Overlay(width=width, height=height, labels=labels)
                writer = opened.enter_context(
                    VideoWriter(
                        path,
                        width=overlay.width,
                        height=overlay.height,
                        rate=rate,
                        # a third of the time of veryfast at 20, for pictures that people look at once
                        crf=23,
                        preset="superfast",
                        audio_from=sound_from,
                        audio_start=recipe.start,
                        audio_end=recipe.end,
                        threads=0,
                    )
                )
            faces, status = readings.at(frame.index)
            writer.write(overlay.draw(picture, faces, status=status), seconds=frame.seconds - recipe.start)
