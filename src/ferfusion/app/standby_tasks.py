"""The tasks of the standby process: ``python -m ferfusion.app.standby_tasks`` reads one from each line."""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import ferfusion as fer
from ferfusion.app.problems import status_of
from ferfusion.errors import FerfusionError

Answer = dict[str, Any]


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
        raise fer.ConfigError(
            f"{path} has {len(files):,} videos and photographs, and the app opens at most {most:,}; "
            "use ferfusion predict for more"
        )
    return {"files": [str(file) for file in files]}


def sleep(for_seconds: float) -> Answer:
    """Do nothing for some time, as a file may that is read for ever."""
    time.sleep(for_seconds)
    return {}


TASKS: Mapping[str, Callable[..., Answer]] = MappingProxyType(
    {"probe": probe, "list_files": list_files, "sleep": sleep}
)
"""The tasks, by their names."""


def answer(line: bytes) -> Answer:
    """Return the answer to a task; an error that a user can fix is one."""
    asked = json.loads(line)
    try:
        return TASKS[asked["task"]](**asked["arguments"])
    except FerfusionError as error:
        return {"problem": str(error), "status": status_of(error)}
    except MemoryError:
        return {"problem": "The memory was full; close other programs, or use a smaller file", "status": 507}


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
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this process
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
