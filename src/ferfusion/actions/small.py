"""The estimator ``small``: the action network that comes with the package, on the box of a face."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from ferfusion.actions.estimator import ActedFrame, FaceActions
from ferfusion.actions.names import ACTIONS
from ferfusion.actions.region import Region
from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
from ferfusion.video.reader import Frame

SMALL_MODEL = Path(__file__).parents[1] / "shipped" / "actions.safetensors"
"""The network that comes with the package; its header names the actions that it gives."""


class SmallEstimator:
    """Estimates the actions and the pose of each face from its crop alone, frame by frame.

    It needs no further package or file, and gives no landmarks. It cannot tell whether the crop shows a face.

    Args:
        model: The weights.

    Raises:
        ConfigError: the file is missing, or has no such weights.
    """

    min_score = 0.0

    def __init__(self, model: Path = SMALL_MODEL) -> None:
        load_torch()
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415 most predictions read no actions

        from ferfusion.actions.small_network import network_of  # noqa: PLC0415 torch

        try:
            with safe_open(model, "pt") as file:
                self.gives: tuple[str, ...] = tuple(json.loads(file.metadata()["gives"]))
                names = file.keys()
                self._network = network_of({name: file.get_tensor(name) for name in names})
        except (OSError, SafetensorError, TypeError, KeyError, ValueError, RuntimeError) as error:
            raise ConfigError(f"{model} has no weights of the action network") from error
        self._not_given = np.isin(ACTIONS, self.gives, invert=True)

    def follow(self, frames: Iterable[TrackedFrame]) -> Iterator[ActedFrame]:
        """Yield every frame of a video with the actions of its faces, in order."""
        for tracked in frames:
            yield tracked, tuple(self._of_faces(tracked.frame, tracked.faces))

    def _of_faces(self, frame: Frame, faces: list[TrackedFace]) -> Iterator[FaceActions]:
        if not faces:
            return
        from ferfusion.actions.small_network import CROP_PX, read_crops  # noqa: PLC0415 torch

        crops = [Region.of_box(face.box, enlarged=1.0).cut_rgb(frame, size=CROP_PX) for face in faces]
        for coefficients, pose in zip(*read_crops(self._network, np.stack(crops)), strict=True):
            coefficients[self._not_given] = np.nan
            yield FaceActions(coefficients, pose, None, 1.0)
