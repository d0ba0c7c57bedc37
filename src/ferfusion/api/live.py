"""Predict displayed expressions live: from a camera, a stream, a file, or frames that a program gives."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ferfusion.api.models import Model, load_model
from ferfusion.api.settings import PathOrText, as_folder, as_path
from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError, file_errors
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ferfusion.inference.live import LivePrediction
    from ferfusion.inference.predictor import Predictor
    from ferfusion.video.given_frames import GivenFrames
    from ferfusion.video.live_source import LiveSource


class Live(Iterator["LivePrediction"]):
    """The predictions of a live source, each of the newest image; made by ``live``.

    The iteration ends with the source, after ``seconds``, or when this is closed, also by ``with``.

    Attributes:
        source: The source as it was named.
        model: Name of the model.
        labels: Names of the classes, in the order of the probabilities.
        caution: Why the predictions cannot be trusted (``Model.caution``); empty if they can.
        unsure: Word for a prediction that names no class.
        colours: Colour of each class on pages, such as ``#56b4e9``.
    """

    def __init__(
        self,
        source: str,
        opened: "LiveSource | GivenFrames",
        predictor: "Predictor",
        *,
        window: float,
        seconds: float | None,
        out: Path | None,
        annotate: bool,
        detector_model: Path | None,
    ) -> None:
        """Start the source; see ``live`` for the arguments."""
        from ferfusion.inference.live import LiveFiles, Pace, predict_live  # noqa: PLC0415 torch
        from ferfusion.inference.timeline import unsure_word  # noqa: PLC0415 pandas
        from ferfusion.reporting.colours import colours_of  # noqa: PLC0415

        self.source, self.model, self.labels = source, predictor.name, predictor.info.labels.names
        self.caution, self.unsure = predictor.info.caution, unsure_word(predictor.info.labels)
        self.colours = colours_of(predictor.info.labels)
        self._seconds = seconds
        self._pace = Pace()
        with ExitStack() as stack:
            self._files = (
                None
                if out is None
                else stack.enter_context(LiveFiles(out, predictor.info.labels, annotate=annotate))
            )
            stack.enter_context(opened)
            self._live = opened
            self._opened = stack.pop_all()
        self._predictions = predict_live(
            self._live, predictor, window_seconds=window, detector_model=detector_model
        )

    @file_errors()
    def __next__(self) -> "LivePrediction":
        """Return the prediction of the newest image.

        Raises:
            StopIteration: the source has ended, the time is over, or this is closed.
            VideoError: the source cannot be opened or has no image.
        """
        try:
            prediction = next(self._predictions)
        except BaseException:
            self.close()
            raise
        self._pace.count(prediction)
        if self._files is not None:
            self._files.add(prediction)
        if self._seconds is not None and prediction.frame.seconds >= self._seconds:
            self._predictions = iter(())
            self.close()
        return prediction

    @property
    def summary(self) -> str:
        """The numbers of predicted and dropped images, and the delay."""
        return self._pace.describe(self._live)

    def close(self) -> None:
        """Close the source and the files."""
        self._predictions = iter(())
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"Live({self.source!r}: {counted(self._pace.predicted, 'image')} predicted; model {self.model})"
        )


@file_errors()
def live(
    source: "int | PathOrText | Iterable[tuple[float, NDArray[np.uint8]]]" = "0",
    *,
    model: Model | PathOrText | None = None,
    device: str = "auto",
    out: PathOrText | None = None,
    annotate: bool = False,
    window: float = 0.5,
    seconds: float | None = None,
    input_format: str | None = None,
    detector_model: PathOrText | None = None,
) -> Live:
    """Predict displayed expressions live: from a camera, a stream, or a file at its own frame rate.

    Images that arrive while the model is busy are dropped, so that the delay stays small; of given frames,
    none is. A frame is predicted when the next one is there, as optical flow needs it. No image leaves this
    host.

    Args:
        source: Number of a camera, a URL (rtsp://..., http://...), a video file, or frames that a program
            gives: time in seconds and image (H, W, 3) uint8 RGB of each.
        model: A model, a run folder, a bundle or an ONNX file; by default, the model that comes with the
            package.
        device: Where the model runs, if it is loaded here.
        out: Folder to write frames.csv to, line by line; without it, nothing is written.
        annotate: Also write annotated.mp4 there, with the predicted images.
        window: Length in seconds of the moving average over the probabilities; 0 for no average.
        seconds: Stop after this time in seconds.
        input_format: FFmpeg's name of the input format, for a source that needs one: x11grab, lavfi.
        detector_model: Model file of the detector yunet, for a model that was trained on its detections.

    Returns:
        An iterator of predictions: ``frame.seconds``, ``status``, ``delay_seconds``, and for each of
        ``faces`` the ``expression`` and the ``smoothed`` probabilities (C,).

    Raises:
        ConfigError: a setting cannot be used.
        BundleError: the model cannot be loaded.
        VideoError: during the iteration, if the source cannot be opened or has no image.

    >>> video = fer.sample_corpus() / "s01/fear/s01_fear_1.mp4"
    >>> with fer.live(video, model="run", seconds=0.5) as predictions:
    ...     sum(1 for prediction in predictions) > 0
    True
    """
    load_torch()
    if annotate and out is None:
        raise ConfigError("annotate writes a video into a folder; name one with out")
    if not window >= 0:
        raise ConfigError(f"window must be 0 or more seconds, got {window:g}")
    if seconds is not None and not seconds > 0:
        raise ConfigError(f"seconds must be above 0, got {seconds}")
    folder = None if out is None else as_folder(out)  # before the model is loaded
    name, opened = _source(source, input_format)
    return Live(
        name,
        opened,
        load_model(model, device=device)._predictor,
        window=window,
        seconds=seconds,
        out=folder,
        annotate=annotate,
        detector_model=None if detector_model is None else as_path(detector_model),
    )


def _source(source: Any, input_format: str | None) -> "tuple[str, LiveSource | GivenFrames]":
    """Return the name of a source, and the source."""
    from ferfusion.video.given_frames import GivenFrames  # noqa: PLC0415 av
    from ferfusion.video.live_source import LiveSource  # noqa: PLC0415 av

    if not isinstance(source, int | str | PathLike):
        if not isinstance(source, Iterable):
            raise ConfigError(f"source must be a camera's number, a URL, a file or frames, got {source!r}")
        return "given frames", GivenFrames(source)
    # a Path would lose the double slash of a URL
    is_path = isinstance(source, PathLike) or (isinstance(source, str) and source.startswith("~"))
    name = str(as_path(source)) if is_path and not isinstance(source, int) else str(source)
    return name, LiveSource(name, input_format=input_format)
