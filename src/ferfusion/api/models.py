"""Models: predict the expressions in videos, photographs and arrays of frames."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union, overload

from ferfusion.api.settings import (
    PathOrText,
    as_path,
    as_predictions_folder,
    check_workers,
    with_settings,
)
from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError, VideoError, file_errors
from ferfusion.files import sha256_of
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.label_set import LabelSet
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.progress import ShowProgress, report_message, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from ferfusion.api.datasets import Dataset
    from ferfusion.api.files import Exported
    from ferfusion.api.predictions import Prediction, Predictions, UnreadVideo
    from ferfusion.api.scores import Scores
    from ferfusion.inference.predictor import Predictor

OneInput: TypeAlias = Union[PathOrText, "NDArray[np.uint8]", "Image"]
"""One input of ``predict``: a path, an array, or a PIL image."""


@dataclass(frozen=True, repr=False, eq=False)
class Model:
    """A trained model; made by ``load_model``.

    Attributes:
        path: Its file; None for the model that comes with the package.
        notes: Assumptions about an imported model, a sentence each; empty for all others.

    >>> model = fer.load_model()
    >>> model.labels.names[3:]
    ('Happiness', 'Sadness', 'Surprise', 'Neutral')
    """

    _predictor: "Predictor"
    path: Path | None = None
    notes: tuple[str, ...] = ()
    _device: str = "auto"
    _sha256: str = field(default="", init=False)

    def __post_init__(self) -> None:
        # of the file as it is now: the model stays as it is if the file changes
        object.__setattr__(self, "_sha256", "shipped" if self.path is None else sha256_of(self.path))

    @property
    def name(self) -> str:
        """Its name in results."""
        return self._predictor.name

    @property
    def labels(self) -> LabelSet:
        """The classes, in the order of its probabilities."""
        return self._predictor.info.labels

    @property
    def prepare_recipe(self) -> PrepareRecipe:
        """How its input was prepared, and how videos are prepared for it."""
        return self._predictor.info.prepare_recipe

    @property
    def calibration(self) -> Mapping[str, Any]:
        """Its temperature, its thresholds for abstention, and what they reached on the validation part."""
        return self._predictor.info.calibration.to_dict()

    @property
    def caution(self) -> str:
        """Why its verdicts cannot be trusted, from its validation scores; empty if they can."""
        return self._predictor.info.caution

    @overload
    def predict(self, inputs: OneInput, **settings: Any) -> "Prediction": ...
    @overload
    def predict(self, inputs: Sequence[OneInput], **settings: Any) -> "Predictions": ...
    def predict(self, inputs: OneInput | Sequence[OneInput], **settings: Any) -> "Prediction | Predictions":
        """Predict the displayed expressions in a video, a photograph or an array of frames, or in several.

        Args:
            inputs: A path or an address; frames (T, H, W, 3) uint8 RGB with ``fps``; an image (H, W, 3); a
                PIL image. A folder or a list of these is several inputs.
            settings: All other arguments of ``predict_each`` but resume, and fields of ``PredictRecipe`` by
                name, such as ``start=5, end=12, every="0.5s"``.

        Returns:
            A prediction for one input, predictions for a folder or a list. Of several inputs, those that
            cannot be read are in ``unread``, with the reason.

        Raises:
            VideoError: a single input cannot be read, or an array has another shape or type.
            ConfigError: a setting cannot be used, or a folder has neither a video nor a photograph.

        >>> import numpy as np
        >>> frames = np.zeros((3, 120, 160, 3), np.uint8)
        >>> fer.load_model().predict(frames, fps=25).statement
        'No face was found in any of 3 frames, so no expression is given (no_face 3).'
        """
        from ferfusion.api.predict_call import is_several, listed  # noqa: PLC0415 torch
        from ferfusion.api.predictions import Prediction, Predictions, UnreadVideo  # noqa: PLC0415

        inputs = listed(inputs)
        if settings.pop("resume", False):
            raise ConfigError("resume leaves out what is predicted already; call predict_each, or drop it")
        results = sorted(self.predict_each(inputs, **settings), key=lambda result: result._number)
        if not is_several(inputs):
            [result] = results
            if isinstance(result, UnreadVideo):
                raise VideoError(result.reason)
            return result
        read = tuple(result for result in results if isinstance(result, Prediction))
        return Predictions(read, tuple(result for result in results if isinstance(result, UnreadVideo)))

    def predict_each(
        self,
        inputs: OneInput | Sequence[OneInput] | Iterator[OneInput],
        *,
        fps: float | None = None,
        out: PathOrText | None = None,
        annotate: bool = True,
        recipe: PredictRecipe | None = None,
        detector_model: PathOrText | None = None,
        engine: str = "pool",
        workers: int | None = None,
        address: str | None = None,
        resume: bool = False,
        progress: ShowProgress = True,
        **settings: Any,
    ) -> "Iterator[Prediction | UnreadVideo]":
        """Yield what ``predict`` returns, as soon as each input is predicted; workers change the order.

        Args:
            inputs: As in ``predict``. An iterator is not read ahead by more than two batches of 1,000.
            fps: Frames per second of an array of frames.
            out: Folder to write to, or an address such as s3://bucket/folder; by default, nothing is written.
                From 1,001 inputs on, each 1,000 have a folder inside it: batch-00001 and so on.
            annotate: Also write the annotated videos and photographs.
            recipe: Settings of the prediction.
            detector_model: Model file of the detector yunet, for a model that was trained on its detections.
            engine: What predicts many videos: pool (several processes), here (this process) or ray.
            workers: Number of processes; by default, as many as pay: one for a few videos.
            address: Ray cluster, for the engine ray; by default, Ray is started on this host.
            resume: Leave out the videos whose results in ``out`` are whole and made from the same video,
                model and settings.
            progress: True shows a bar in a terminal or in Jupyter; a function is called with each
                ``Progress``.
            settings: Fields of ``PredictRecipe`` by name.

        Raises:
            VideoError: an array has another shape or type.
            ConfigError: a setting cannot be used, or a folder has neither a video nor a photograph.
        """
        from ferfusion.api.predict_call import PredictCall, batches  # noqa: PLC0415
        from ferfusion.api.predictions import Prediction, UnreadVideo  # noqa: PLC0415 torch
        from ferfusion.inference.predict_many import Unreadable  # noqa: PLC0415
        from ferfusion.inference.predict_on_engine import PredictSettings  # noqa: PLC0415
        from ferfusion.inference.remote_out import remote_out, uploaded  # noqa: PLC0415

        place = None if out is None else as_predictions_folder(out)
        recipe = with_settings(PredictRecipe, recipe, settings)
        check_workers(workers)
        with file_errors(), shown(progress) as on_progress, remote_out(place) as (folder, remote):
            call = PredictCall(
                predictor=self._predictor,
                settings=PredictSettings(
                    model=self.path,
                    model_sha256=self._sha256,
                    device=self._device,
                    recipe=recipe,
                    out=folder,
                    annotate=annotate,
                    detector_model=None if detector_model is None else as_path(detector_model),
                    remote=remote,
                ),
                engine=engine,
                workers=workers,
                address=address,
                resume=resume,
                on_progress=on_progress,
            )
            on_message = partial(report_message, on_progress)
            each = batches(inputs, fps=fps, out=folder, skip=place, on_message=on_message)
            for result in uploaded(call.results(each), remote):
                if isinstance(result.outcome, Unreadable) or result.footage is None:
                    reason = result.outcome.reason if isinstance(result.outcome, Unreadable) else ""
                    yield UnreadVideo(result.job.place, reason, result.job.number)
                else:
                    yield Prediction(result.outcome, result.footage, self._predictor, result.job)

    def explain_video(self, video: PathOrText, out: PathOrText, **settings: Any) -> Path:
        """Write a video that shows why the model predicts what it does, as ``fer.explain_video`` does."""
        from ferfusion.api.explanations import explain_video  # noqa: PLC0415 torch

        return explain_video(video, out, model=self, **settings)

    def evaluate(self, dataset: "Dataset | PathOrText", **settings: Any) -> "Scores":
        """Measure the model on a prepared dataset, as ``fer.evaluate`` does."""
        from ferfusion.api.evaluations import evaluate  # noqa: PLC0415 torch

        return evaluate(self, dataset=dataset, **settings)

    def export(self, out: PathOrText, *, int8: PathOrText | None = None) -> "Exported":
        """Write the model as an ONNX file, as ``fer.export`` does."""
        from ferfusion.api.files import export  # noqa: PLC0415 torch

        return export(self, out, int8=int8)

    def __repr__(self) -> str:
        recipe = self.prepare_recipe
        return (
            f"Model({self.name!r}: {len(self.labels)} classes, crops of {recipe.size} px, "
            f"detector {recipe.detector})"
        )


@file_errors()
def load_model(
    model: Model | PathOrText | None = None, *, device: str = "auto", out: PathOrText | None = None
) -> Model:
    """Load a trained model.

    Args:
        model: A run folder, a bundle, or an exported or imported ONNX file; by default, or as "shipped", the
            model that comes with the package. A loaded model is returned unchanged.
        device: Where it runs: auto (a CUDA GPU if there is one, else the processor), cpu, cuda, or mps. ONNX
            files run on the processor.
        out: Folder of its predictions, which is checked before the model is loaded.

    Raises:
        BundleError: the file is missing, damaged or no bundle.
        ConfigError: the device does not start, or ``out`` cannot be used.
        FileError: no file can be written to ``out``.
        MissingExtraError: the model is an ONNX file, and onnxruntime is not installed.

    >>> fer.load_model("run", device="cpu")
    Model('run/bundle.safetensors': 6 classes, crops of 48 px, detector haar)
    """
    if out is not None:
        as_predictions_folder(out)
    load_torch()
    from ferfusion.inference.predictor import bundle_file, load_predictor  # noqa: PLC0415 torch

    if isinstance(model, Model):
        return model
    named = None if model is None or is_shipped(model) else as_path(model)
    path = None if named is None else bundle_file(named)
    return Model(load_predictor(path, device=device), path, _device=device)


def is_shipped(model: object) -> bool:
    """Return whether a model is named shipped, the word for the one of the package, and no file is."""
    if not isinstance(model, str | PathLike):
        return False
    path = as_path(model)
    return path == Path("shipped") and not path.exists()


def predict(
    inputs: OneInput | Sequence[OneInput],
    *,
    model: Model | PathOrText | None = None,
    device: str = "auto",
    fps: float | None = None,
    out: PathOrText | None = None,
    annotate: bool = True,
    recipe: PredictRecipe | None = None,
    detector_model: PathOrText | None = None,
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
    progress: ShowProgress = True,
    **settings: Any,
) -> "Prediction | Predictions":
    """Predict the displayed expressions in videos and photographs.

    The folder ``out`` gets a folder for each video: frames.csv (a row for every frame and face),
    verdict.json (the verdict on each face, and its timeline as spans of time), annotated.mp4 and report.html
    (a page with the player and the timeline). All photographs get one folder: photographs.csv (a row for
    every photograph and face), verdict.json, the annotated photographs, and report.html (a page with the
    faces). ``out`` also gets videos.csv, a row for every video and one for the photographs. An input that
    cannot be read has the reason in its row, and the others are predicted.

    Args:
        inputs: Videos, photographs, or folders of them: paths, or addresses such as s3://bucket/folder and
            https://host/clip.mp4 (extra remote). In Python also frames (T, H, W, 3) uint8 RGB, or
            (T, H, W) grey, with fps; an image (H, W, 3) or (H, W); a PIL image; or a list of these.
        model: Trained model: a run folder, the bundle in it, or an exported or imported ONNX file; by
            default, the model that comes with the package.
        device: Where the model runs: auto (a CUDA GPU if there is one, else the processor), cpu, cuda or mps.
        fps: Frames per second of an array of frames.
        out: Folder to write to, or an address such as gs://bucket/folder.
        annotate: Also write the annotated videos and photographs.
        recipe: Settings of the prediction.
        detector_model: Model file of the detector yunet, for a model that was trained on its detections.
        engine: What predicts many videos: pool (several processes), here (this process) or ray.
        workers: Number of processes; by default, as many as pay: one for a few videos.
        address: Ray cluster, for the engine ray; by default, Ray is started on this host.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``PredictRecipe`` by name, such as ``start=5, end=12, every="0.5s"``.

    Returns:
        A prediction for one input, predictions for a folder or a list; without ``out``, nothing is written.

    Raises:
        VideoError: a single input cannot be read, or an array has another shape or type.
        ConfigError: a setting cannot be used, the device does not start, or a folder has nothing to read.
        BundleError: the model is missing, damaged or no bundle.

    >>> fer.predict(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4", model="run").table.shape
    (32, 22)
    """
    return load_model(model, device=device, out=out).predict(
        inputs,
        fps=fps,
        out=out,
        annotate=annotate,
        recipe=recipe,
        detector_model=detector_model,
        engine=engine,
        workers=workers,
        address=address,
        progress=progress,
        **settings,
    )
