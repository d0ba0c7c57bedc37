"""Plant faults in the package, one after the other, and print the first case that finds each."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import ferfusion.bundle
import ferfusion.corpora.zip_files
import ferfusion.exchange.keras_files
import ferfusion.inference.predictor
import ferfusion.preparation.crop
from fuzz import cases

MOST_CASES = 300


def spin(*_: Any, **__: Any) -> None:
    """Never return."""
    while True:
        pass


PLANTS: tuple[tuple[str, str, ModuleType, str, Any], ...] = (
    ("traceback", "bundle", ferfusion.bundle, "_summary", lambda text, _: json.loads(text)),
    ("hang", "bundle", ferfusion.bundle, "check_metrics", spin),
    ("memory", "bundle", ferfusion.bundle, "_check_fit", lambda *_: bytearray(2**31)),
    ("wrong", "bundle", ferfusion.inference.predictor, "check_answers", lambda _: None),
    ("traceback", "keras", ferfusion.exchange.keras_files, "_DAMAGE", (OSError,)),
    ("traceback", "zip", ferfusion.corpora.zip_files, "_DAMAGED_MEMBER", (OSError,)),
    ("memory", "video", ferfusion.preparation.crop, "_LONGEST_SIDE", 2**20),
)
"""What it leads to, the group of files that finds it, and the attribute of a module that is replaced."""


def first_fault(group: str) -> str:
    """Return the first case of a group that is a fault, and what it is; empty if there is none."""
    outcomes = cases.run_cases(group, range(MOST_CASES))
    return next((f"{outcome.status} {outcome.case}" for outcome in outcomes if outcome.is_fault), "")


def main(report: Callable[[str], object] = print) -> None:
    """Plant each fault and report what it led to and the case that found it."""
    for expected, group, module, attribute, replacement in PLANTS:
        seconds = 1 if expected == "hang" else cases.SECONDS
        with (
            mock.patch.object(cases, "SECONDS", seconds),
            mock.patch.object(module, attribute, replacement),
        ):
            found = first_fault(group)
            report(f"{attribute}: {found if found.startswith(expected) else f'not found ({found})'}")


if __name__ == "__main__":
    main()
