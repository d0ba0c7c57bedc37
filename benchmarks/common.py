"""Shared by the benchmarks: the header, the clips, the movement of a box, tables, and the goals."""

import csv
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

CHECKOUT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FERFUSION_DATA") or CHECKOUT.parent / "shared" / "data")
REAL_CLIPS = DATA / "clips"
"""Real videos, which are not part of the project; a benchmark runs without them if they are missing."""


GOALS_VARIABLE = "FERFUSION_BENCH_GOALS"
"""Names the file to which a benchmark adds its figures that have a goal; ``everything.py`` sets it."""


def sample_clips() -> list[Path]:
    """Return the rendered videos that come with the package."""
    return sorted((CHECKOUT / "src" / "ferfusion" / "sample").rglob("*.mp4"))


def header() -> str:
    """Return the date, the commit, the hardware and the versions of a measurement."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    ).stdout.strip()
    return (
        f"{datetime.now():%Y-%m-%d %H:%M}  commit {commit}  {hardware()}\n"
        f"Python {sys.version.split()[0]}, OpenCV {cv2.__version__}, PyAV {av.__version__}, "
        f"numpy {np.__version__}"
    )


def hardware() -> str:
    """Return the processor's name and the number of cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    name = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor"
    )
    return f"{name}, {multiprocessing.cpu_count()} cores"


def movement(boxes: Sequence[NDArray[np.float64]]) -> float:
    """Return the mean movement of a box's corner from frame to frame, in pixels."""
    return float(np.abs(np.diff(np.stack(boxes)[:, :2], axis=0)).mean()) if len(boxes) > 1 else 0.0


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a Markdown table with aligned columns."""
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print("\n".join(lines))


def set_beside_goal(
    what: str, value: float, *, goal: float, unit: str = "", less_is_better: bool = False
) -> None:
    """Add a figure with its goal to the table of all benchmarks, if they are all run.

    Args:
        what: What was measured.
        value: The figure.
        goal: What it should be at least; at most, if less is better.
        unit: Unit of both.
        less_is_better: Whether a smaller figure is better.
    """
    file = os.environ.get(GOALS_VARIABLE)
    if not file:
        return
    ratio = goal / value if less_is_better else value / goal
    with Path(file).open("a", newline="", encoding="utf-8") as table:
        csv.writer(table).writerow(
            (what, f"{value:.3g} {unit}".strip(), f"{goal:.3g} {unit}".strip(), f"{ratio:.2f}")
        )
