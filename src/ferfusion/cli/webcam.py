"""``ferfusion webcam``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.describe import described_by
from ferfusion.cli.progress import console


@described_by(fer.live)
def webcam(
    source: str = "0",
    *,
    model: Annotated[Path | None, Parameter(name="--bundle")] = None,
    device: str = "auto",
    out: Path | None = None,
    annotate: bool = False,
    window: float = 0.5,
    seconds: float | None = None,
    input_format: str | None = None,
    detector_model: Path | None = None,
) -> None:
    """See ``ferfusion.live``."""
    readings = fer.live(
        source,
        model=model,
        device=device,
        out=out,
        annotate=annotate,
        window=window,
        seconds=seconds,
        input_format=input_format,
        detector_model=detector_model,
    )
    if model is None:
        console.print(f"Model: {readings.model}", highlight=False)
    before = dict[int, str]()
    with readings, console.status(f"Waiting for {escape(source)}") as status:
        try:
            for reading in readings:
                at = f"{reading.frame.seconds:7.2f} s"
                for face in reading.faces:
                    if before.get(face.number) != face.expression:
                        before[face.number] = face.expression
                        console.print(f"{at}  face {face.number}: {face.words}", highlight=False)
                now = ", ".join(face.words for face in reading.faces) or reading.status.replace("_", " ")
                status.update(f"{at}  {now}  (delay {1000 * reading.delay_seconds:.0f} ms)")
        except KeyboardInterrupt:
            console.print("Stopped.")
    console.print(readings.summary)
    if out is not None:
        console.print(f"Written to {escape(str(out))}", soft_wrap=True, highlight=False)
