"""The tasks of the standby process: ``python -m ferfusion.app.standby_tasks`` reads one from each line."""

import json
import os
import signal
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

import ferfusion as fer
from ferfusion.app.camera import Camera, decoded
from ferfusion.app.folders import compare_runs, curves, describe_folder
from ferfusion.app.home import time_of
from ferfusion.app.jobs import ACTIONS
from ferfusion.app.problems import status_of
from ferfusion.app.processes import MEMORY_FULL, end_before_the_server
from ferfusion.errors import ConfigError, FerfusionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Answer = dict[str, Any]
_MOST_MODELS = 2
_MARGIN = 0.35
"""Room around a face that is cut out of a frame, as a share of its box."""
_LARGEST_SIDE_PX = 480
_loaded: OrderedDict[tuple[str, int], "fer.Model"] = OrderedDict()
_cameras: dict[str, Camera] = {}
"""The camera that is read, by its session."""


def probe(path: str) -> Answer:
    """Return what a file is."""
    seen = fer.probe(path)
    return {
        "kind": seen.kind,
        "reason": seen.reason,
        "width": seen.width,
        "height": seen.height,
        "fps": seen.frames_per_second,
        "seconds": seen.seconds,
    }


def list_files(path: str, most: int) -> Answer:
    """Return the paths of the videos and photographs of a folder; those of a file are the file."""
    files = fer.find_videos(path)
    if len(files) > most:
        raise ConfigError(
            f"{path} has {len(files):,} videos and photographs, and the app opens at most {most:,}; "
            "use ferfusion predict for more"
        )
    return {"files": [str(file) for file in files]}


def model_facts(path: str | None) -> Answer:
    """Return what a model is."""
    facts = asdict(fer.model_facts(path))
    return {**facts, "metrics": dict(facts["metrics"]) or None}


def predict(path: str, model: str | None, most_seconds: float, actions: bool) -> Answer:
    """Return the verdicts on the faces of a photograph or a short clip."""
    found = fer.probe(path)
    if found.seconds is not None and found.seconds > most_seconds:
        raise ConfigError(
            f"The clip has {found.seconds:.0f} seconds, and at most {most_seconds:g} are predicted at once; "
            "upload it and make a job"
        )
    options: dict[str, Any] = {"actions": ACTIONS} if actions else {}
    seen = _model(model).predict(path, engine="here", progress=False, **options)
    return {
        "kind": "photograph" if seen.is_photograph else "video",
        "model": seen.model,
        "classes": list(seen.labels.names),
        "statement": seen.statement,
        "caution": seen.caution,
        "faces": [asdict(verdict) for verdict in seen.verdicts],
        "spans": [] if seen.is_photograph else seen.spans().to_dict("records"),
    }


def frame(path: str, at: float, box: list[float] | None, out: str) -> Answer:
    """Write a frame of a video as JPEG, or a face of it."""
    image = fer.frame_at(path, at)
    if box is not None:
        x, y, w, h = box
        left, top = max(0, round(x - _MARGIN * w)), max(0, round(y - _MARGIN * h))
        image = image[top : round(y + (1 + _MARGIN) * h), left : round(x + (1 + _MARGIN) * w)]
    if not image.size:
        raise ConfigError("The face lies outside of the frame")
    return _write_jpeg(image, Path(out), largest=_LARGEST_SIDE_PX if box is not None else 1_920)


def explain(path: str, at: float, box: list[float], model: str | None, out: str) -> Answer:
    """Write an image of what a model looks at in a frame as JPEG."""
    x, y, w, h = box
    image = fer.explain_frame(path, at, box=(x, y, w, h), model=_model(model))
    return _write_jpeg(image, Path(out), largest=4_096)


def camera(session: str, at: float, image: str, model: str | None) -> Answer:
    """Take an image of a camera, and return the faces of the one before it."""
    pixels, loaded = decoded(image), _model(model)
    if session not in _cameras or _cameras[session].model is not loaded:
        _cameras.clear()
        _cameras[session] = Camera(loaded)
    return _cameras[session].read(at, pixels)


def make_labels(
    folder: str, videos: list[str], classes: str | list[str], settings: Mapping[str, Any]
) -> Answer:
    """Make a label project of videos."""
    return {"folder": str(fer.labels(folder, videos, classes=classes, **settings).folder)}


def sleep(for_seconds: float) -> Answer:
    """Do nothing for some time, as a file may that is read for ever."""
    time.sleep(for_seconds)
    return {}


def options(recipe: str) -> Answer:
    """Return the options of a recipe."""
    return {"options": [asdict(option) for option in fer.recipe_options(recipe)]}


TASKS: Mapping[str, Callable[..., Answer]] = MappingProxyType(
    {
        "probe": probe,
        "list_files": list_files,
        "model_facts": model_facts,
        "predict": predict,
        "frame": frame,
        "explain": explain,
        "camera": camera,
        "make_labels": make_labels,
        "sleep": sleep,
        "options": options,
        "folder": describe_folder,
        "curves": curves,
        "compare": compare_runs,
    }
)
"""The tasks, by their names."""


def _model(path: str | None) -> "fer.Model":
    """Return a model; the last two stay loaded."""
    key = (path or "", 0 if path is None else time_of(Path(path)))
    if key not in _loaded:
        _loaded[key] = fer.load_model(path)
    _loaded.move_to_end(key)
    while len(_loaded) > _MOST_MODELS:
        _loaded.popitem(last=False)
    return _loaded[key]


def _write_jpeg(image: "NDArray[np.uint8]", out: Path, *, largest: int) -> Answer:
    from PIL import Image  # noqa: PLC0415 it takes time

    shown = Image.fromarray(image)
    shown.thumbnail((largest, largest))
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(f".{out.name}.new")
    shown.save(new, format="JPEG", quality=88)
    new.replace(out)
    return {"path": str(out)}


def answer(line: bytes) -> Answer:
    """Return the answer to a task; an error that a user can fix is one."""
    asked = json.loads(line)
    try:
        return TASKS[asked["task"]](**asked["arguments"])
    except FerfusionError as error:
        return {"problem": str(error), "status": status_of(error)}
    except MemoryError:
        return {"problem": MEMORY_FULL, "status": 507}


def serve(lines: BinaryIO, answers: BinaryIO) -> None:
    """Answer tasks until there are none."""
    for line in lines:
        try:
            answered = answer(line)
        except BaseException:  # the server sees the end of this process
            traceback.print_exc()
            raise
        answers.write(json.dumps(answered).encode() + b"\n")
        answers.flush()


def main() -> None:
    """Answer tasks from standard input; nothing else is written to standard output."""
    end_before_the_server()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this process
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
