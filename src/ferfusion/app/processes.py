"""The processes of jobs: each has a group of its own, and a lock that tells whether any of it lives.

The lock is taken before a process starts, and inherited: it is free only when the process and its children
have ended, also if another server asks than the one that started them.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from ferfusion.app.home import read_json, try_lock
from ferfusion.app.jobs import LOCK_FILE, LOG_FILE, OUTCOME_FILE, PID_FILE, PROGRESS_FILE
from ferfusion.errors import file_errors

WORKER = (sys.executable, "-m", "ferfusion.app.worker")
"""The command of a job's process, before the job's folder."""
_PID_PATIENCE_SECONDS = 5.0
_END_PATIENCE_SECONDS = 10.0


MEMORY_FULL = "The memory was full; close other programs, or use a smaller file"


def end_before_the_server() -> None:
    """Let the system end this process, and not the server, when its memory is full."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")


def start_process(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the process of a job; it outlives this one.

    Raises:
        FileError: a file of the job cannot be written.
    """
    for name in (PID_FILE, OUTCOME_FILE, PROGRESS_FILE):
        (folder / name).unlink(missing_ok=True)
    with file_errors(folder), (folder / LOCK_FILE).open("ab") as lock, (folder / LOG_FILE).open("ab") as log:
        if not try_lock(lock):
            raise BlockingIOError(0, "its process still runs", str(folder))
        return subprocess.Popen(
            [*WORKER, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock.fileno(),),
            start_new_session=True,
            close_fds=True,
        )


def is_alive(folder: Path) -> bool:
    """Return whether the process of a job, or a child of it, lives."""
    try:
        with (folder / LOCK_FILE).open("ab") as lock:
            return not try_lock(lock)
    except FileNotFoundError:
        return False


def end_process(folder: Path) -> None:
    """Kill the process of a job with its children, and wait for their end."""
    until = time.monotonic() + _PID_PATIENCE_SECONDS
    while is_alive(folder):
        told = read_json(folder / PID_FILE)
        if told is not None:
            _kill_group(int(told["pid"]))
            break
        if time.monotonic() > until:
            return
        time.sleep(0.05)
    until = time.monotonic() + _END_PATIENCE_SECONDS
    while is_alive(folder) and time.monotonic() < until:
        time.sleep(0.02)


def _kill_group(pid: int) -> None:
    if pid > 1:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def last_line(folder: Path) -> str:
    """Return the last line that the process of a job has printed; empty if it has printed none."""
    try:
        lines = (folder / LOG_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
