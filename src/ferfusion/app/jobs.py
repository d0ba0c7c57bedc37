"""Jobs: what a job is, and its files on disk, which are the truth after any end of the server."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ferfusion.app.home import Home, is_id, read_json, write_json
from ferfusion.app.problems import Problem

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
ENDED = (DONE, FAILED, CANCELLED)
JOB_FILE, PROGRESS_FILE, OUTCOME_FILE = "job.json", "progress.json", "outcome.json"
ACTIONS = "small"
"""The estimator of facial actions where an option says only that there shall be some."""
LOCK_FILE, PID_FILE, LOG_FILE, OUT_FOLDER = "worker.lock", "pid.json", "log.txt", "out"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job.

    Attributes:
        id: Its id.
        name: Name of its input, for people.
        kind: ``video``, ``photographs`` or ``training``.
        state: ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
        inputs: Paths of the inputs.
        uploads: Ids of the uploads that they are from.
        model: Name of the model.
        model_path: Its path; empty for the model that comes with the package.
        options: Settings by name.
        message: Why it failed, or a sentence about what it does.
        created: Time, in seconds since 1970.
        done: Units that are done.
        total: All units; None if that is not known.
        unit: Name of the units.
        stage: Name of the step.
        rate: Units per second; None before it is known.
        seconds_left: Expected time to the end; None before it is known.
        progress: Share that is done, 0 to 1; None if that is not known.
        results: Ids of the results.
        folder: Folder of the result; empty before there is one.
        attempts: How often it was started.
        source: Equal for jobs that read the same file.
        path: Folder of the run that a training writes; empty for others.
    """

    id: str
    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    uploads: tuple[str, ...] = ()
    state: str = WAITING
    model: str = ""
    model_path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    created: float = field(default_factory=time.time)
    done: int = 0
    total: int | None = None
    unit: str = ""
    stage: str = ""
    rate: float | None = None
    seconds_left: float | None = None
    progress: float | None = None
    results: tuple[str, ...] = ()
    folder: str = ""
    attempts: int = 0
    source: str = ""
    path: str = ""

    def row(self) -> dict[str, Any]:
        """Return what the interface shows of it."""
        hidden = ("inputs", "model_path", "folder", "attempts")
        shown = {name: value for name, value in asdict(self).items() if name not in hidden}
        return shown | {"inputs": list(self.uploads)}

    @property
    def has_ended(self) -> bool:
        """Whether it will not run again by itself."""
        return self.state in ENDED


class JobFolders:
    """The folders of the jobs of a home.

    Args:
        home: The app's home.
    """

    def __init__(self, home: Home) -> None:
        self._home = home

    def of(self, job_id: str) -> Path:
        """Return the folder of a job.

        Raises:
            Problem: the id is none.
        """
        if not is_id(job_id):
            raise Problem(404, f"There is no job {job_id}; GET /api/v1/jobs lists them")
        return self._home.jobs / job_id

    def read_all(self) -> list[Job]:
        """Return all jobs, the oldest first; a folder without a whole ``job.json`` is none."""
        found = (_job(folder) for folder in self._home.jobs.iterdir() if is_id(folder.name))
        return sorted((job for job in found if job is not None), key=lambda job: (job.created, job.id))

    def write(self, job: Job) -> None:
        """Write a job to the disk."""
        folder = self.of(job.id)
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / JOB_FILE, asdict(job))


def _job(folder: Path) -> Job | None:
    row = read_json(folder / JOB_FILE)
    if row is None or set(row) != {each.name for each in fields(Job)}:
        return None
    tuples = {name: tuple(row[name]) for name in ("inputs", "uploads", "results")}
    return Job(**{**row, **tuples})


def with_progress(job: Job, told: Mapping[str, Any]) -> Job:
    """Return a job with the progress that its process has told."""
    names = ("done", "total", "unit", "stage", "rate", "seconds_left", "progress", "message", "model")
    return replace(job, **{name: told[name] for name in names if name in told})


def waiting_again(job: Job) -> Job:
    """Return a job as it is before it starts; what it has written so far is used again."""
    return replace(
        job,
        state=WAITING,
        message="",
        done=0,
        total=None,
        stage="",
        rate=None,
        seconds_left=None,
        progress=None,
        results=(),
    )
