"""``ferfusion predict``."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.markup import escape

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of
from ferfusion.errors import ConfigError, VideoError

_LIST = Parameter(
    name="--list", help="Text file with a video, photograph or folder on each line, as path or address."
)
_BUNDLE, _LINES = Parameter(name="--bundle"), Parameter(negative="", help="Print a line for every frame.")


@command_of(fer.predict, several="inputs", several_kind=str, without=frozenset({"fps"}))
def predict(
    *inputs: str,
    model: Annotated[Path | None, _BUNDLE] = None,
    device: str = "auto",
    out: str = "predictions",
    listed: Annotated[Path | None, _LIST] = None,
    print_frames: Annotated[bool, _LINES] = False,
    **settings: Any,
) -> None:
    """Predict, and print the verdict on each video as soon as it is predicted."""
    reader = fer.load_model(model, device=device, out=out)
    if model is None:
        console.print(f"Model: {reader.name}", highlight=False)
    read = unread = 0
    photographs: object = None
    with progress_bar() as bar:
        for seen in reader.predict_each(
            _chained(inputs, listed), out=out, resume=not print_frames, **settings, progress=bar
        ):
            if isinstance(seen, fer.UnreadVideo):
                unread += 1
                reason = seen.reason.removeprefix(f"{seen.name}: ")
                console.print(f"[red]{escape(seen.name)}[/]: {escape(reason)}", highlight=False)
            else:
                read += 1
                _print(seen, frames=print_frames)
                photographs = _place(seen) if seen.is_photograph else photographs
    if photographs is not None:
        _print_page(photographs)
    place = fer.as_place(out)
    summary = place / "videos.csv"
    summary = summary if summary.exists() else place / "batch-*" / "videos.csv"
    if read + unread > 1:
        console.print(f"A line for every video: {escape(str(summary))}", highlight=False, soft_wrap=True)
    if unread:
        files = f"{unread} of {read + unread} files" if read + unread > 1 else "The file"
        raise VideoError(f"{files} could not be read; {summary} has the reasons")


def _chained(inputs: Sequence[str], listed: Path | None) -> Sequence[str] | Iterator[str]:
    """Return the inputs, and those in a text file, which is read line by line."""
    return inputs if listed is None else chain(inputs, _lines(listed))


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape") as text:
            yield from (line.rstrip("\r\n") for line in text if line.strip())
    except OSError as error:
        raise ConfigError(f"The list {file} cannot be read ({error.strerror})") from error


def _print(seen: "fer.Prediction", *, frames: bool) -> None:
    for line in seen.frame_lines() if frames else ():
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(f"[bold]{escape(seen.video)}[/]: {escape(seen.statement)}", highlight=False)
    if not seen.is_photograph:  # the page of all photographs is written after the last one
        _print_page(_place(seen))


def _place(seen: "fer.Prediction") -> object:
    return seen.address or seen.folder


def _print_page(folder: object) -> None:
    console.print(f"  {escape(str(folder))}/report.html", highlight=False, soft_wrap=True)
