"""The queue of jobs: some run, the others wait; every change is on disk before it is told."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from ferfusion.app.home import read_json, size_of
from ferfusion.app.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    OUT_FOLDER,
    OUTCOME_FILE,
    PROGRESS_FILE,
    RUNNING,
    WAITING,
    Job,
    JobFolders,
    waiting_again,
    with_progress,
)
from ferfusion.app.problems import Problem
from ferfusion.app.processes import end_process, is_alive, last_line, start_process
from ferfusion.errors import FerfusionError, file_errors

Told = tuple[str, dict[str, Any]]
"""Name and data of an event: ``job`` with the row of a job, ``gone`` with its id."""


class JobQueue:
    """The jobs of a home, and what runs them.

    Args:
        folders: Their folders.
        at_once: Number of jobs that run at once.
    """

    def __init__(self, folders: JobFolders, *, at_once: int) -> None:
        self.folders, self._at_once = folders, at_once
        self._lock = RLock()
        self._jobs = {job.id: job for job in folders.read_all()}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._told: list[Told] = []
        self._ending: set[str] = set()

    def all(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            Problem: there is none of this id.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise Problem(404, f"There is no job {job_id}; GET /api/v1/jobs lists them")
            return self._jobs[job_id]

    def add(self, jobs: Sequence[Job]) -> None:
        """Add jobs, which wait or have ended."""
        with self._lock:
            for job in jobs:
                self._put(job)

    def cancel(self, job_id: str) -> Job:
        """Stop a job; its process and the children of it are killed before this returns.

        Raises:
            Problem: it has ended already.
        """
        return self._stopped(job_id, lambda job: replace(_without_pace(job), state=CANCELLED, message=""))

    def retry(self, job_id: str) -> Job:
        """Let a job that failed or was cancelled wait again.

        Raises:
            Problem: it has not failed and was not cancelled.
        """
        with self._lock:
            job = self.get(job_id)
            if job.state not in (FAILED, CANCELLED):
                raise Problem(
                    409, f"Only a job that failed or was cancelled is tried again; this one is {job.state}"
                )
            self._put(again := replace(waiting_again(job), attempts=0))
            return again

    def remove(self, job_id: str) -> tuple[list[str], int]:
        """Remove a job and its files from the disk; a result that was made elsewhere stays there.

        Returns:
            What was removed, and its bytes.
        """
        if not self.get(job_id).has_ended:
            self.cancel(job_id)
        with self._lock:
            self.get(job_id)
            folder = self.folders.of(job_id)
            size = size_of(folder)
            with file_errors(folder):
                shutil.rmtree(folder, ignore_errors=False)
            del self._jobs[job_id]
            self._told.append(("gone", {"id": job_id}))
            return [str(folder)], size

    def stop(self) -> None:
        """Stop all jobs that run; they start again with the next server."""
        with self._lock:
            for job in self.all():
                if job.state == RUNNING:
                    end_process(self.folders.of(job.id))
                    self._reap(job.id)
                    self._put(waiting_again(job))

    def tick(self) -> list[Told]:
        """Look after the jobs, and return the events since the last time.

        Called a few times a second, by one thread at a time.
        """
        with self._lock:
            for job in self.all():
                if job.state == RUNNING and job.id not in self._ending:
                    self._follow(job)
            running = sum(job.state == RUNNING for job in self._jobs.values())
            waiting = [job for job in self.all() if job.state == WAITING and job.id not in self._ending]
            for job in waiting[: max(0, self._at_once - running)]:
                self._start(job)
            told, self._told = self._told, []
            return told

    def _start(self, job: Job) -> None:
        folder = self.folders.of(job.id)
        self._put(replace(job, state=RUNNING, attempts=job.attempts + 1))
        try:
            self._processes[job.id] = start_process(folder)
        except FerfusionError as error:
            self._put(replace(job, state=FAILED, message=str(error)))

    def _follow(self, job: Job) -> None:
        folder = self.folders.of(job.id)
        process = self._processes.get(job.id)
        exit_code = None if process is None else process.poll()
        told = read_json(folder / PROGRESS_FILE)
        if told is not None:
            self._put(with_progress(job, told), on_disk=False)
        if is_alive(folder):
            return
        self._processes.pop(job.id, None)
        outcome = read_json(folder / OUTCOME_FILE)
        ended = _ended(self._jobs[job.id], outcome, folder, exit_code, is_own=process is not None)
        self._put(_without_pace(ended))

    def _stopped(self, job_id: str, change: Callable[[Job], Job]) -> Job:
        with self._lock:
            job = self.get(job_id)
            if job.has_ended or job_id in self._ending:
                state = job.state if job.has_ended else "it is being stopped"
                raise Problem(409, f"The job {job.name} has ended already: {state}")
            self._ending.add(job_id)
        try:
            end_process(self.folders.of(job_id))  # it may take a moment, and others ask meanwhile
        finally:
            with self._lock:
                self._ending.discard(job_id)
                self._reap(job_id)
                self._put(stopped := change(self._jobs[job_id]))
        return stopped

    def _reap(self, job_id: str) -> None:
        process = self._processes.pop(job_id, None)
        if process is not None:
            process.wait()

    def _put(self, job: Job, *, on_disk: bool = True) -> None:
        if on_disk:
            self.folders.write(job)
        if self._jobs.get(job.id) != job:
            self._jobs[job.id] = job
            self._told.append(("job", job.row()))


def _without_pace(job: Job) -> Job:
    """Return a job that no longer runs: the pace of its last stage says nothing of the whole."""
    return replace(job, rate=None, seconds_left=None)


def _ended(
    job: Job, outcome: dict[str, Any] | None, folder: Path, exit_code: int | None, *, is_own: bool
) -> Job:
    """Return a job whose process has ended."""
    if outcome is None and not is_own:  # the machine was switched off: it starts again
        return waiting_again(job)
    if outcome is None:
        why = f"signal {-exit_code}" if exit_code is not None and exit_code < 0 else last_line(folder)
        return replace(
            job, state=FAILED, message=f"The process of this job ended: {why or 'no reason given'}"
        )
    if outcome["state"] != DONE:
        return replace(job, state=FAILED, message=outcome["message"])
    is_training = job.kind == "training"
    return replace(
        job,
        state=DONE,
        message=outcome["message"],
        done=job.done if job.total is None else job.total,
        progress=1.0,
        results=() if is_training else (job.id,),
        folder=job.path if is_training else str(folder / OUT_FOLDER / outcome["result"]),
    )
