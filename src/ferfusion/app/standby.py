"""A process for short work, which stays ready: to look at a file, to predict a photograph at once.

Files are opened in this process only, so that a hostile one ends it and not the server. It takes one task at
a time, as a line of JSON, and answers with a line of JSON.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from threading import Lock, RLock
from typing import Any

from ferfusion.app.problems import Problem
from ferfusion.errors import file_errors

_IDLE_SECONDS = 300.0
_MOST_TASKS = 500
_PATIENCE_SECONDS = 60.0


class Standby:
    """A process that answers short tasks; it starts with the first, and ends when it is not needed.

    Args:
        most_tasks: Tasks after which a new process takes the place of the old one; None: it stays.
    """

    def __init__(self, *, most_tasks: int | None = _MOST_TASKS) -> None:
        self._most_tasks = most_tasks
        self._at_a_time, self._guard = Lock(), RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._tasks, self._used_at = 0, 0.0

    def ask(self, task: str, *, seconds: float = 30.0, **arguments: Any) -> dict[str, Any]:
        """Return the answer to a task.

        Args:
            task: Name of a function of ``standby_tasks``.
            seconds: Time after which its process is killed.
            arguments: Its arguments.

        Raises:
            Problem: the task has failed, takes too long, or has ended its process; or too many wait.
        """
        if not self._at_a_time.acquire(timeout=_PATIENCE_SECONDS):
            raise Problem(503, "The app is busy with other files; try again in a minute")
        try:
            return self._ask(task, arguments, seconds)
        finally:
            self._at_a_time.release()

    def rest(self) -> None:
        """End the process if it was not used for some minutes."""
        if self._process is None or not self._at_a_time.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._used_at > _IDLE_SECONDS:
                self.end()
        finally:
            self._at_a_time.release()

    def end(self) -> None:
        """Kill the process with its children."""
        with self._guard:
            process, self._process = self._process, None
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        with suppress(OSError):
                            pipe.close()

    def _ask(self, task: str, arguments: dict[str, Any], seconds: float) -> dict[str, Any]:
        process = self._ready()
        assert process.stdin is not None
        assert process.stdout is not None
        line = json.dumps({"task": task, "arguments": arguments}).encode() + b"\n"
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answered = _line(process.stdout.fileno(), seconds)
        except BrokenPipeError:
            answered = b""
        self._used_at = time.monotonic()
        if answered is None:
            self.end()
            raise Problem(422, f"The file takes longer than {seconds:g} seconds to read; make a job of it")
        if not answered:
            self.end()
            raise Problem(422, "The file has ended the process that read it, so it is not used")
        answer: dict[str, Any] = json.loads(answered)
        if "problem" in answer:
            raise Problem(answer["status"], answer["problem"])
        return answer

    def _ready(self) -> "subprocess.Popen[bytes]":
        with self._guard:
            is_worn = self._most_tasks is not None and self._tasks >= self._most_tasks
            if self._process is not None and (self._process.poll() is not None or is_worn):
                self.end()
            if self._process is None:
                self._tasks = 0
                with file_errors():
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "ferfusion.app.standby_tasks"],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        start_new_session=True,
                    )
            self._tasks += 1
            return self._process


def _line(descriptor: int, seconds: float) -> bytes | None:
    """Return a line from a pipe; empty if it was closed, None if no line comes in time."""
    until, parts = time.monotonic() + seconds, list[bytes]()
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return None
        part = os.read(descriptor, 2**16)
        if not part:
            return b""
        parts.append(part)
        if part.endswith(b"\n"):
            return b"".join(parts)
