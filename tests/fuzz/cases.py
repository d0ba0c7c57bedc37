"""Run mutants, each in a process of its own with limits of time and memory, and judge what became of it."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

from ferfusion.engines import limit_this_process
from ferfusion.errors import FerfusionError
from fuzz.kinds import KINDS, Kind

SECONDS, MEMORY_BYTES, LONGEST_MESSAGE = 20, 2**30, 1500
Status = Literal["ok", "refused", "ended", "fault"]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Attributes:
        case: Kind and number, which make the mutant again: ``bundle:12``.
        status: ok (finite probabilities), refused (one line), ended (a limit, in a rehearsal), or fault.
        message: The refusal, or the traceback.
        past_header: Whether the mutant got past the check of the header.
    """

    case: str
    status: Status
    message: str
    past_header: bool


def mutant_of(kind: Kind, name: str, number: int, intact: bytes) -> bytes:
    """Return the mutant of a number."""
    return kind.mutate(intact, Random(f"{name}:{number}"))


def run_cases(name: str, numbers: range) -> Iterator[Outcome]:
    """Run the mutants of a kind."""
    kind = KINDS[name]
    intact = kind.intact()
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"mutant{kind.suffix}"
        path.write_bytes(intact)
        status, message = _in_fork(kind, path)
        if status != "ok":
            yield Outcome(f"{name}:intact", "fault", message, past_header=False)
        for number in numbers:
            path.write_bytes(mutant_of(kind, name, number, intact))
            status, message = _in_fork(kind, path)
            is_shallow = status == "refused" and any(words in message for words in kind.of_header)
            yield Outcome(f"{name}:{number}", status, message, past_header=not is_shallow)


def _in_fork(kind: Kind, path: Path) -> tuple[Status, str]:
    """Read a file in a fork; the modules are imported already, and no thread runs."""
    answer = path.with_suffix(".answer")
    answer.unlink(missing_ok=True)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            _limit()
            answer.write_text(_judged(kind, path), encoding="utf-8", errors="backslashreplace")
        finally:
            if sys.exc_info()[0]:  # what is not a refusal is a fault, whatever it is
                answer.write_text(f"fault\n{traceback.format_exc()}", errors="backslashreplace")
            os._exit(0)
    _, code = os.waitpid(child, 0)
    text = answer.read_text(encoding="utf-8") if answer.exists() else ""
    status, _, message = text.partition("\n")
    if not text:
        return "ended" if kind.rehearsed else "fault", f"the process ended with {code}"
    for known in ("ok", "refused"):
        if status == known:
            return known, message
    return "fault", message


def _judged(kind: Kind, path: Path) -> str:
    try:
        kind.read(path)
    except FerfusionError as error:
        text = str(error)
        plain = "\n" not in text and len(text) <= LONGEST_MESSAGE and text.isprintable()
        return f"refused\n{text}" if plain else f"fault\na refusal that is not one line: {text!r}"
    except MemoryError:
        return "" if kind.rehearsed else f"fault\n{traceback.format_exc()}"
    return "ok\n"


def _limit() -> None:
    limit_this_process(seconds=SECONDS, memory_bytes=MEMORY_BYTES)
    signal.alarm(2 * SECONDS)
