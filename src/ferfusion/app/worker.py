"""The process of one job: ``python -m ferfusion.app.worker JOB_FOLDER``.

It writes what it does into the job's folder, so that it needs no server while it works. Only what it was told
to write is left of it, whatever ends it.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ferfusion as fer
from ferfusion.app.home import read_json, write_json
from ferfusion.app.jobs import ACTIONS, JOB_FILE, OUT_FOLDER, OUTCOME_FILE, PID_FILE, PROGRESS_FILE
from ferfusion.app.pace import Pace
from ferfusion.app.processes import MEMORY_FULL, end_before_the_server
from ferfusion.errors import FerfusionError

_SECONDS_BETWEEN = 0.2
_NICENESS = 5
Outcome = dict[str, Any]


class Teller:
    """Writes the progress of a job, at most five times a second.

    Args:
        folder: Folder of the job.
        pace: Follows the progress.
    """

    def __init__(self, folder: Path, pace: Pace) -> None:
        self._file, self._pace = folder / PROGRESS_FILE, pace
        self._told_at = 0.0
        self._facts: dict[str, Any] = {}

    def __call__(self, progress: "fer.Progress") -> None:
        """Tell a progress, or a message."""
        if progress.message:
            return
        told = self._pace.tell(progress)
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN:
            self._told_at = now
            write_json(self._file, told | self._facts)

    def tell(self, stage: str, **facts: Any) -> None:
        """Tell a step at once, and facts about the job that stay true."""
        self._facts |= facts
        write_json(self._file, {**(read_json(self._file) or {}), **self._facts, "stage": stage})


def predict(folder: Path, job: Mapping[str, Any]) -> Outcome:
    """Predict the inputs of a job into its folder; videos that are predicted already stay as they are."""
    pace = Pace(len(job["inputs"]))
    teller = Teller(folder, pace)
    teller.tell("Loading the model")
    model = fer.load_model(job["model_path"] or None)
    teller.tell("Starting", model=model.name)
    out = folder / OUT_FOLDER
    options = dict(job["options"])
    if isinstance(options.get("actions"), bool):
        options["actions"] = ACTIONS if options["actions"] else ""
    unread: list[str] = []
    result: Path | None = None
    for seen in model.predict_each(
        job["inputs"], out=out, engine="here", resume=True, progress=teller, **options
    ):
        pace.finish_input()
        if isinstance(seen, fer.UnreadVideo):
            unread.append(seen.reason)
        else:
            result = seen.folder
    if result is None and len(unread) == len(job["inputs"]):
        return {"state": "failed", "message": unread[0]}
    # a result of an earlier start is not predicted again, so that its name is read from the disk
    name = result.name if result is not None else _only_folder(out)
    message = f"Not read: {len(unread)} of {len(job['inputs'])}; {unread[0]}" if unread else ""
    return {"state": "done", "message": message, "result": name}


def _only_folder(out: Path) -> str:
    return next(path.name for path in sorted(out.iterdir()) if (path / "verdict.json").is_file())


def train(folder: Path, job: Mapping[str, Any]) -> Outcome:
    """Train on a dataset, and evaluate the run; a training that was stopped resumes."""
    teller = Teller(folder, Pace())
    teller.tell("Starting the training")
    run = fer.train(job["inputs"][0], job["path"], progress=teller, **job["options"])
    teller.tell("Evaluating")
    if len(run.predictions):
        run.evaluate()
    best = run.validation
    message = (
        f"Best epoch {best.epoch} of {best.epochs}, on validation: UAR {best.uar:.1%}, WAR {best.war:.1%}"
    )
    return {"state": "done", "message": message, "result": ""}


TASKS: Mapping[str, Callable[[Path, Mapping[str, Any]], Outcome]] = MappingProxyType(
    {"video": predict, "photographs": predict, "training": train}
)
"""What a job of each kind does."""


def run(folder: Path) -> Outcome:
    """Do a job and return its outcome; an error that a user can fix is one."""
    job = read_json(folder / JOB_FILE)
    if job is None:
        return {"state": "failed", "message": f"{folder / JOB_FILE} is damaged"}
    try:
        return TASKS[job["kind"]](folder, job)
    except FerfusionError as error:
        return {"state": "failed", "message": str(error)}
    except MemoryError:
        return {"state": "failed", "message": MEMORY_FULL}


def main(arguments: list[str]) -> int:
    """Run the job of a folder, and write its outcome."""
    folder = Path(arguments[0])
    write_json(folder / PID_FILE, {"pid": os.getpid()})
    end_before_the_server()
    os.nice(_NICENESS)
    try:
        outcome = run(folder)
    except BaseException:
        traceback.print_exc()
        raise
    write_json(folder / OUTCOME_FILE, outcome)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
