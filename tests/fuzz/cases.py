"""Run mutants, each in a process of its own with limits of time and memory, and judge what became of it."""

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Literal, cast, get_args

from ferfusion.engines import limit_this_process
from ferfusion.errors import FerfusionError
from fuzz.kind import Kind, WrongError
from fuzz.kinds import KINDS

SECONDS, MEMORY_BYTES, LONGEST_MESSAGE = 20, 2**30, 1500
Status = Literal["ok", "refused", "ended", "traceback", "hang", "memory", "wrong"]
FAULTS = ("traceback", "hang", "memory", "wrong")
_HANGS = (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL)


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Attributes:
        case: Group and number, which make the mutant again: ``video:12``.
        place: Place of the file that was mutated.
        status: ok (the result is right), refused (one line), ended (at a limit, in a rehearsal), or a fault:
            traceback (or the process died), hang, memory, wrong (a result that cannot be).
        message: The refusal, or the traceback.
        past_header: Whether the mutant got past the check of the header.
    """

    case: str
    place: str
    status: Status
    message: str
    past_header: bool

    @property
    def is_fault(self) -> bool:
        """Whether it must not happen."""
        return self.status in FAULTS


@cache
def intact_folder(group: str, place: str) -> Path:
    """Return a folder with a file in order and all that belongs to it; it stays until this process ends."""
    folder = scratch() / f"{group}-{place.replace('/', '-')}"
    folder.mkdir(parents=True)
    kind_of(group, place).build(folder)
    return folder


@cache
def scratch() -> Path:
    """Return a folder of this process."""
    return Path(mkdtemp(prefix="fuzz-"))


def kind_of(group: str, place: str) -> Kind:
    """Return the kind of a place."""
    return next(kind for kind in KINDS[group] if kind.place == place)


def run_cases(group: str, numbers: range) -> Iterator[Outcome]:
    """Run the mutants of a group of kinds; its kinds take turns."""
    kinds, intact = KINDS[group], set[str]()
    try:
        for number in numbers:
            kind = kinds[number % len(kinds)]
            if kind.place not in intact:
                intact.add(kind.place)
                status, message = _run(kind, group, _intact_content(group, kind))
                if status != "ok":
                    fault = status if status in FAULTS else "wrong"
                    yield Outcome(f"{group}:intact", kind.place, fault, message, past_header=False)
            content = mutant_of(group, number)
            status, message = _run(kind, group, content)
            is_deep = status != "refused" or kind.is_deep(content, message)
            yield Outcome(f"{group}:{number}", kind.place, status, message, past_header=is_deep)
    finally:
        shutil.rmtree(scratch(), ignore_errors=True)
        scratch.cache_clear()
        intact_folder.cache_clear()


def mutant_of(group: str, number: int) -> bytes:
    """Return the mutant of a number."""
    kind = KINDS[group][number % len(KINDS[group])]
    return kind.mutate(_intact_content(group, kind), Random(f"{group}:{number}"))


def _intact_content(group: str, kind: Kind) -> bytes:
    return (intact_folder(group, kind.place) / kind.place).read_bytes()


def _run(kind: Kind, group: str, content: bytes) -> tuple[Status, str]:
    """Read a file in a fork; the modules are imported already, and no thread runs."""
    folder = scratch() / "case"
    shutil.copytree(intact_folder(group, kind.place), folder)
    path = folder / kind.place
    path.write_bytes(content)
    answer = scratch() / "answer"
    answer.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    before = _resident_bytes()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            limit_this_process(seconds=SECONDS, memory_bytes=kind.space_bytes)
            signal.alarm(6 * SECONDS)  # a busy machine is no hang
            answer.write_text(_judged(kind, path), encoding="utf-8", errors="backslashreplace")
        finally:
            if sys.exc_info()[0]:  # what is not a refusal is a fault, whatever it is
                answer.write_text(f"traceback\n{traceback.format_exc()}", errors="backslashreplace")
            os._exit(0)
    _, code, usage = os.wait4(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    text = answer.read_text(encoding="utf-8") if answer.exists() else ""
    status, _, message = text.partition("\n")
    taken = usage.ru_maxrss * 1024 - before
    if taken > MEMORY_BYTES and not kind.rehearsed:
        return "memory", f"it took {taken / 2**30:.2f} GiB\n{message}"
    if status in get_args(Status):
        return cast(Status, status), message
    if kind.rehearsed:
        return "ended", f"the process ended with {code}"
    hangs = os.WIFSIGNALED(code) and os.WTERMSIG(code) in _HANGS
    return "hang" if hangs else "traceback", f"the process ended with {code}"


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _judged(kind: Kind, path: Path) -> str:
    try:
        kind.read(path)
    except FerfusionError as error:
        text = str(error)
        is_plain = "\n" not in text and len(text) <= LONGEST_MESSAGE and text.isprintable()
        return f"refused\n{text}" if is_plain else f"wrong\na refusal that is not one line: {text!r}"
    except WrongError as error:
        return f"wrong\n{error}"
    except MemoryError:
        return "" if kind.rehearsed else f"memory\n{traceback.format_exc()}"
    return "ok\n"
