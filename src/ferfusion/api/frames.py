"""Single frames of a video: as they are, and with the areas that a model looks at."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.models import Model, load_model
from ferfusion.api.settings import PathOrText, as_path
from ferfusion.errors import BundleError, ConfigError, VideoError, file_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ferfusion.inference.predict_faces import FrameRow

_LEAD_SECONDS, _TRAIL_SECONDS = 1.0, 0.25
"""Time before and after a frame that is read with it: for the track of its face, and for motion."""
_TILE_PX = 192


@file_errors()
def frame_at(video: PathOrText, seconds: float = 0.0) -> "NDArray[np.uint8]":
    """Return the frame that a video shows at a time, (H, W, 3) RGB uint8; a photograph has one frame.

    Args:
        video: The video, or a photograph.
        seconds: The time.

    Raises:
        VideoError: the file cannot be read, or shows no frame at this time.

    >>> fer.frame_at(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4", 0.5).shape
    (176, 176, 3)
    """
    from ferfusion.video.footage import open_footage  # noqa: PLC0415 OpenCV

    footage = open_footage(as_path(video))
    best = None
    for frame in footage.read(max(0.0, seconds - _LEAD_SECONDS) or None, seconds + _TRAIL_SECONDS):
        if not frame.error and (best is None or abs(frame.seconds - seconds) <= abs(best.seconds - seconds)):
            best = frame
        if frame.seconds > seconds:
            break
    if best is None:
        raise VideoError(f"{as_path(video).name} shows no frame at {seconds:g} s")
    return best.rgb()


@file_errors()
def explain_frame(
    video: PathOrText,
    seconds: float = 0.0,
    *,
    box: tuple[float, float, float, float] | None = None,
    model: Model | PathOrText | None = None,
) -> "NDArray[np.uint8]":
    """Return an image of what a model looks at in one frame: the face, and each stream's input with its map.

    Args:
        video: The video, or a photograph.
        seconds: Time of the frame.
        box: Box of the face, (x, y, w, h) in pixels; without it, the largest face.
        model: A model, a run folder or a bundle; by default, the model that comes with the package.

    Returns:
        Square images side by side, (192, 192 n, 3) RGB uint8.

    Raises:
        VideoError: the file cannot be read, or has no face at this time.
        BundleError: the model's file cannot be read, or is an ONNX file, which gives no gradients.

    >>> fer.explain_frame(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4", 0.5, model="run").shape
    (192, 960, 3)
    """
    import numpy as np  # noqa: PLC0415

    from ferfusion.explanation.drawing import tiles  # noqa: PLC0415 torch

    path, predictor = as_path(video), load_model(model)._predictor
    if predictor.explain is None:
        raise BundleError(f"{predictor.name} is an ONNX file, which gives no gradients for an explanation")
    if box is not None and len(box) != 4:
        raise ConfigError(f"box must be x, y, w, h in pixels, got {box!r}")
    rows = _rows_near(path, predictor, seconds)
    # of two frames as near as each other, the one that is shown then
    near = min((row.seconds for row in rows), key=lambda time: (abs(time - seconds), time), default=None)
    row = min(
        (one for one in rows if one.seconds == near),
        key=lambda one: _distance(one, box),
        default=None,
    )
    if row is None:
        raise VideoError(f"{path.name} has no face that the model reads at {seconds:.2f} s")
    face_input = row.face_input()
    [explanation] = predictor.explain([face_input])
    return np.concatenate([tile.image for tile in tiles(face_input, explanation, side=_TILE_PX)], axis=1)


def _rows_near(path: Path, predictor: Any, seconds: float) -> "list[FrameRow]":
    """Return the rows with a face around a time."""
    from ferfusion.inference.predict_faces import predict_frames  # noqa: PLC0415 torch
    from ferfusion.inference.recipe import FrameChoice, PredictRecipe  # noqa: PLC0415
    from ferfusion.preparation.frame_preparer import kept_preparer  # noqa: PLC0415
    from ferfusion.video.footage import open_footage  # noqa: PLC0415

    info, recipe = predictor.info, PredictRecipe()
    preparer = kept_preparer(
        recipe.preparation(info.prepare_recipe), flow=info.reads_flow, actions=info.actions
    )
    # the rest of a face is that of the last minute
    lead = 60.0 if info.reads_actions else _LEAD_SECONDS + info.window * info.frame_step / 25
    frames = open_footage(path).read(max(0.0, seconds - lead) or None, seconds + _TRAIL_SECONDS)
    prepared = preparer.prepare(frames, chosen=FrameChoice(recipe.every))
    return [row for row in predict_frames(prepared, predictor) if row.crop is not None]


def _distance(row: "FrameRow", box: tuple[float, float, float, float] | None) -> float:
    """Return how far a row's face is from a box; without one, the largest face is nearest."""
    x, y, w, h = (value or 0.0 for value in row.box)
    if box is None:
        return -w * h
    return abs(x + w / 2 - box[0] - box[2] / 2) + abs(y + h / 2 - box[1] - box[3] / 2)
