"""Kill commands at random moments, and run them again: ``python -m kills 20``, or ``… kills 20 train``.

The exit status is 1 if the output is not that of an uninterrupted run, times aside, or files are left.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

import ferfusion.exchange.onnx
import ferfusion.explanation.explain_run
import ferfusion.inference.predict_many
import ferfusion.studies.run_study  # noqa: F401 imported once, for all commands
from kills.commands import COMMANDS, FOR_OTHERS, faults_of, make_inputs, rehearse


def main(number: int, names: list[str]) -> int:
    """Kill each command at a number of moments, print a line for each, and return the exit status."""
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        inputs, folder = Path(place) / "inputs", Path(place) / "case"
        make_inputs(inputs)
        for name, command in COMMANDS.items():
            if names and name not in names and name not in FOR_OTHERS:
                continue
            rehearsed = rehearse(command, inputs, folder)
            if names and name not in names:
                continue
            start, moments = time.monotonic(), random.Random(name)
            found: list[str] = []
            for _ in range(number):
                fraction = moments.random()
                for fault in faults_of(rehearsed, folder, fraction=fraction):
                    found.append(f"{name} killed at {fraction:.3f} of its time: {fault}")
            seconds = time.monotonic() - start
            print(
                f"{name}: {rehearsed.seconds:.1f} s; {number} kills, {len(found)} faults; {seconds:.0f} s",
                *found,
                sep="\n",
                flush=True,
            )
            wrong += len(found)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
