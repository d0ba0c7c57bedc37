"""Plant faults in the package, one after the other, and print the first case that finds each."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import ferfusion.bundle
import ferfusion.exchange.keras_files
import ferfusion.inference.predictor
from fuzz import cases

MOST_CASES = 300


def spin(*_: Any) -> None:
    """Never return."""
    while True:
        pass


PLANTS: tuple[tuple[str, str, ModuleType, str, Any], ...] = (
    (
        "a check is missing",
        "bundle",
        ferfusion.bundle,
        "_summary",
        lambda text, _: json.loads(text),
    ),
    ("a hang", "bundle", ferfusion.bundle, "_check_metrics", spin),
    ("memory", "bundle", ferfusion.bundle, "_check_fit", lambda *_: bytearray(2**31)),
    ("answers are not finite", "bundle", ferfusion.inference.predictor, "check_answers", lambda _: None),
    ("an error of a library", "keras", ferfusion.exchange.keras_files, "_DAMAGE", (OSError,)),
)
"""What is planted, the kind of file that finds it, and the attribute of a module that is replaced."""


def first_fault(name: str) -> str:
    """Return the first case of a kind that is a fault; empty if there is none."""
    outcomes = cases.run_cases(name, range(MOST_CASES))
    return next((outcome.case for outcome in outcomes if outcome.status == "fault"), "")


def main(report: Callable[[str], object] = print) -> None:
    """Plant each fault and report the case that finds it."""
    with mock.patch.object(cases, "SECONDS", 1):
        for what, name, module, attribute, replacement in PLANTS:
            with mock.patch.object(module, attribute, replacement):
                report(f"{what}: {first_fault(name) or 'not found'}")


if __name__ == "__main__":
    main()
