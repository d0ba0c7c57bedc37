"""``ferfusion webcam``."""

from contextlib import ExitStack
from pathlib import Path

from rich.markup import escape
from rich.status import Status

from ferfusion.cli.progress import console
from ferfusion.errors import ConfigError
from ferfusion.faces.model_file import name_model
from ferfusion.inference.live import LiveFace, LiveFiles, LiveReading, Pace, read_live
from ferfusion.inference.predictor import Predictor, load_predictor
from ferfusion.video.live import LiveSource


def webcam(
    source: str = "0",
    *,
    bundle: Path | None = None,
    out: Path | None = None,
    annotate: bool = False,
    window: float = 0.5,
    seconds: float | None = None,
    input_format: str | None = None,
    detector_model: Path | None = None,
) -> None:
    """Read the displayed expressions off a camera, a stream, or a file that is played at its own pace.

    Prints a line whenever the expression of a face changes, until the source ends or Ctrl-C. What comes
    faster than the model can follow is dropped, so that the delay stays small. Nothing leaves this machine.

    Args:
        source: Number of a camera, a URL (rtsp://..., http://...), or a video file.
        bundle: Trained model, as train writes it into its run folder, or an exported one; by default the one
            that comes with the package.
        out: Folder to write frames.csv to, line by line; without it, nothing is written.
        annotate: Also write annotated.mp4 there, with the pictures that were read.
        window: Seconds up to now over which the probabilities are averaged; 0 is none.
        seconds: Stop after so many seconds.
        input_format: FFmpeg's name of the input's format, where the source does not tell: x11grab, lavfi.
        detector_model: Model file of the detector yunet, where the bundle's faces were found with it.
    """
    if annotate and out is None:
        raise ConfigError("annotate needs a folder to write to; add --out FOLDER")
    if window < 0:
        raise ConfigError(f"window must be 0 or more seconds, got {window:g}")
    if detector_model is not None:
        name_model(detector_model)
    predictor = load_predictor(bundle)
    if bundle is None:
        console.print(f"Model: {predictor.name}", highlight=False)
    pace, before = Pace(), dict[int, str]()
    with ExitStack() as opened:
        files = (
            None if out is None else opened.enter_context(LiveFiles(out, predictor.labels, annotate=annotate))
        )
        live = opened.enter_context(LiveSource(source, input_format=input_format))
        status = opened.enter_context(console.status(f"Waiting for {escape(source)}"))
        try:
            for reading in read_live(live, predictor, window_seconds=window):
                pace.count(reading)
                _tell(reading, before, predictor, status)
                if files is not None:
                    files.add(reading)
                if seconds is not None and reading.frame.seconds >= seconds:
                    break
        except KeyboardInterrupt:
            console.print("Stopped.")
    console.print(pace.describe(live))
    if out is not None:
        console.print(f"Written to {escape(str(out))}", soft_wrap=True, highlight=False)


def _tell(reading: LiveReading, before: dict[int, str], predictor: Predictor, status: Status) -> None:
    """Print the faces whose expression is another one than before, and keep the last line up to date."""
    at = f"{reading.frame.seconds:7.2f} s"
    for face in reading.faces:
        number = int(face.row.face or 0)
        if before.get(number) != face.expression:
            before[number] = face.expression
            console.print(f"{at}  face {number}: {_words(face, predictor)}", highlight=False)
    now = ", ".join(_words(face, predictor) for face in reading.faces) or reading.status.replace("_", " ")
    status.update(f"{at}  {now}  (delay {1000 * reading.delay_seconds:.0f} ms)")


def _words(face: LiveFace, predictor: Predictor) -> str:
    likeliest = int(face.smoothed.argmax())
    named = predictor.labels.names[likeliest]
    probability = f"{face.smoothed[likeliest]:.2f}"
    return (
        f"{named} {probability}" if named == face.expression else f"{face.expression} ({named} {probability})"
    )
