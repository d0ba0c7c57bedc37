"""Run every benchmark, and print the figures that have a goal in one table.

A ratio of at least 1 is a goal that is met. A benchmark that needs what is not there, such as a GPU, says so.
All of them take about two hours on two cores; --quick takes a quarter of it, with fewer rounds and shorter
videos.

    python benchmarks/everything.py [--quick] [--only predict many]
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import GOALS_VARIABLE, header, print_table

QUICK = {
    "predict": ["--rounds", "2"],
    "prepare": ["--rounds", "1", "--seconds", "8"],
    "train": ["--rounds", "2"],
    "many": ["--rounds", "1", "--clips", "80", "--rows", "10000"],
    "growth": [*"--minutes 1 4 --faces 1 4 --videos 50 200 --trainings 1 2".split()],
    "stragglers": ["--nodes", "3", "--jobs", "100"],
    "flow": ["--every", "6", "--sizes", "48"],
}
FURTHER = {"predict": [["--start"]]}
"""Further runs of a benchmark, with other options."""
NONE_OF_ITS_OWN = {"common", "everything"}


def scripts() -> list[Path]:
    """Return the benchmarks."""
    found = sorted(Path(__file__).parent.glob("*.py"))
    return [path for path in found if path.stem not in NONE_OF_ITS_OWN]


def main() -> None:
    """Run the benchmarks, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and shorter videos")
    parser.add_argument("--only", nargs="*", choices=[path.stem for path in scripts()], help="these alone")
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        goals = Path(folder) / "goals.csv"
        goals.touch()
        for path in scripts():
            if options.only and path.stem not in options.only:
                continue
            for further in ([], *FURTHER.get(path.stem, [])):
                words = [*(QUICK.get(path.stem, []) if options.quick else []), *further]
                print(f"\n# {path.name} {' '.join(words)}".rstrip(), flush=True)
                done = subprocess.run(
                    [sys.executable, path, *words],
                    env={**os.environ, GOALS_VARIABLE: str(goals)},
                    check=False,
                )
                if done.returncode:
                    failed.append(path.name)
        with goals.open(newline="", encoding="utf-8") as table:
            rows = list(csv.reader(table))
    print(f"\n{header()}")
    print_table(("figure", "measured", "goal", "of the goal"), rows)
    if failed:
        sys.exit(f"{', '.join(failed)} failed")


if __name__ == "__main__":
    main()
