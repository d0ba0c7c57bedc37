"""Read the displayed expressions off a camera, a stream, or a file that is played at its own pace."""

from collections.abc import Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ferfusion.api.models import Model, load_model
from ferfusion.api.settings import PathOrText, as_folder, as_path
from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError

if TYPE_CHECKING:
    from ferfusion.inference.live import LivePrediction
    from ferfusion.inference.predictor import Predictor


class Live(Iterator["LivePrediction"]):
    """The predictions of a live source, newest image first come; ``live`` makes it.

    It ends with the source, after ``seconds``, or when it is closed; it can be used with ``with``.

    Attributes:
        source: What is read.
        model: Name of the model.
        labels: Names of the classes, in the order of the probabilities.
    """

    def __init__(
        self,
        source: str,
        predictor: "Predictor",
        *,
        window: float,
        seconds: float | None,
        input_format: str | None,
        out: Path | None,
        annotate: bool,
        detector_model: Path | None,
    ) -> None:
        """Open the source; see ``live`` for the arguments."""
        from ferfusion.inference.live import LiveFiles, Pace, predict_live  # noqa: PLC0415 torch
        from ferfusion.video.live_source import LiveSource  # noqa: PLC0415 av

        self.source, self.model, self.labels = source, predictor.name, predictor.info.labels.names
        self._seconds = seconds
        self._pace = Pace()
        with ExitStack() as opened:
            self._files = (
                None
                if out is None
                else opened.enter_context(LiveFiles(out, predictor.info.labels, annotate=annotate))
            )
            self._live = opened.enter_context(LiveSource(source, input_format=input_format))
            self._opened = opened.pop_all()
        self._predictions = predict_live(
            self._live, predictor, window_seconds=window, detector_model=detector_model
        )

    def __next__(self) -> "LivePrediction":
        """Return the prediction of the newest image.

        Raises:
            StopIteration: the source has ended, the time is over, or this was closed.
            VideoError: the source cannot be opened, or shows nothing.
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
        """How many images were read and dropped, and with which delay."""
        return self._pace.describe(self._live)

    def close(self) -> None:
        """Let go of the source, and end the files."""
        self._predictions = iter(())
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Live({self.source!r}: {self._pace.predicted} images read; model {self.model})"


def live(
    source: int | PathOrText = "0",
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
    """Read the displayed expressions off a camera, a stream, or a file that is played at its own pace.

    What comes faster than the model can follow is dropped, so that the delay stays small. Nothing leaves this
    machine.

    Args:
        source: Number of a camera, a URL (rtsp://..., http://...), or a video file.
        model: A model, a run folder, a bundle or an ONNX file; without it, the one that comes with the
            package.
        device: Where the model runs, if it is loaded here.
        out: Folder to write frames.csv to, line by line; without it, nothing is written.
        annotate: Also write annotated.mp4 there, with the images that were read.
        window: Seconds up to now over which the probabilities are averaged; 0 is none.
        seconds: Stop after so many seconds.
        input_format: FFmpeg's name of the input's format, where the source does not tell: x11grab, lavfi.
        detector_model: Model file of the detector yunet, where the model's faces were found with it.

    Returns:
        An iterator of predictions: ``frame.seconds``, ``status``, ``delay_seconds``, and for each of
        ``faces`` the ``expression`` and the ``smoothed`` probabilities (C,).

    Raises:
        ConfigError: a setting cannot be used.
        BundleError: the model cannot be loaded.
        VideoError: while it is read: the source cannot be opened, or shows nothing.

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
    return Live(
        str(source if isinstance(source, int) else as_path(source) if _is_path(source) else source),
        load_model(model, device=device)._predictor,
        window=window,
        seconds=seconds,
        input_format=input_format,
        out=None if out is None else as_folder(out),
        annotate=annotate,
        detector_model=None if detector_model is None else as_path(detector_model),
    )


def _is_path(source: PathOrText) -> bool:
    """Return whether a source is a path for sure: a Path would lose the double slash of a URL."""
    return isinstance(source, PathLike) or source.startswith("~")
