"""The prediction of a video or photograph, as one value."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.addresses import Address
from ferfusion.bundle import BundleInfo
from ferfusion.inference.apex_frames import ApexFrame
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.timeline import Span
from ferfusion.inference.verdict import FaceVerdict


@dataclass(frozen=True)
class VideoPrediction:
    """The prediction of a video or photograph.

    Attributes:
        video: Name of the file.
        model: Name of the model.
        info: Classes, calibration and input of the model.
        recipe: Settings of the prediction.
        table: The frame table: a row for every frame that gets a prediction and every face in it.
        smoothed: Smoothed class probabilities of its rows, (rows, C); nan in rows without a face.
        verdicts: One verdict for each face; empty if no face was found.
        spans: The timeline of each face: spans of one name.
        apex_frames: The apex frames of each face.
        statement: The verdicts as text, or why there is none; without the caution.
        length_seconds: Length of the video, or of the stretch that was read.
        end_seconds: Time at which its last frame ends.
        is_photograph: Whether it is a photograph: one frame, without a time.
        sound_left_out: Why the annotated video lacks the sound of the video; empty if it does not.
        folder: Folder of its files, once they are written.
        address: Address of that folder, if they are uploaded; they are not in a local folder then.
    """

    video: str
    model: str
    info: BundleInfo
    recipe: PredictRecipe
    table: pd.DataFrame
    smoothed: NDArray[np.float32]
    verdicts: list[FaceVerdict]
    spans: dict[int, list[Span]]
    apex_frames: dict[int, list[ApexFrame]]
    statement: str
    length_seconds: float = 0.0
    end_seconds: float = math.inf
    is_photograph: bool = False
    sound_left_out: str = ""
    folder: Path | None = None
    address: Address | None = None

    @property
    def caution(self) -> str:
        """Why the verdicts cannot be trusted; empty if they can, or if there is none."""
        return self.info.caution if self.verdicts else ""
