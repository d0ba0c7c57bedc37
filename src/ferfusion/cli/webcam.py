"""``ferfusion webcam``."""

from typing import Any

from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console
from ferfusion.cli.verbs import command_of


@command_of(fer.live, options={"model": "--bundle"})
def webcam(source: str = "0", **settings: Any) -> None:
    """Predict live, and print a line whenever the expression of a face changes."""
    predictions = fer.live(source, **settings)
    if settings.get("model") is None:
        console.print(f"Model: {predictions.model}", highlight=False)
    if predictions.caution:
        console.print(predictions.caution, highlight=False)
    before = dict[int, str]()
    with predictions, console.status(f"Waiting for {escape(source)}") as status:
        try:
            for prediction in predictions:
                at = f"{prediction.frame.seconds:7.2f} s"
                for face in prediction.faces:
                    if before.get(face.number) != face.expression:
                        before[face.number] = face.expression
                        console.print(f"{at}  face {face.number}: {face.words}", highlight=False)
                now = ", ".join(face.words for face in prediction.faces) or prediction.status.replace(
                    "_", " "
                )
                status.update(f"{at}  {now}  (delay {1000 * prediction.delay_seconds:.0f} ms)")
        except KeyboardInterrupt:
            console.print("Stopped.")
    console.print(predictions.summary)
    if (out := settings.get("out")) is not None:
        console.print(f"Written to {escape(str(out))}", soft_wrap=True, highlight=False)
