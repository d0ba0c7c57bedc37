"""How time and memory grow: with the length of a video, its faces, the videos of a corpus, and the trainings.

Each figure is of a command in a process of its own, so that its peak memory is seen. Straight lines are
expected: the last column is the cost of a minute, video or training, divided by that of the first row. It is
below 1 where the start of the command is a large part of the first row.

    python benchmarks/growth.py [--minutes 1 10 60] [--faces 1 4 16] [--videos 100 1000 10000]
        [--trainings 1 4 16]
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

import ferfusion as fer
from common import REAL_CLIPS, header, print_table, sample_clips, set_beside_goal
from ferfusion.video.reader import read_frames
from ferfusion.video.writer import VideoWriter

CHILD = """
import atexit, sys
from pathlib import Path
out = Path(sys.argv.pop(1))
atexit.register(lambda: out.write_text(Path("/proc/self/status").read_text()))
from ferfusion.cli import main
main()
"""


class Cost(NamedTuple):
    """Seconds of a command, and the peak memory of its first process in MiB."""

    seconds: float
    peak_mib: float


def cost_of(*words: object) -> Cost:
    """Run a command, and return its cost."""
    with tempfile.TemporaryDirectory() as folder:
        status = Path(folder) / "status"
        start = time.perf_counter()
        command = [sys.executable, "-c", CHILD, str(status), *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        # ru_maxrss would have the memory of this process, from which the command was started
        [peak] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return Cost(seconds, int(peak) / 1024)


def faces() -> list[NDArray[np.uint8]]:
    """Return frames (240, 320, 3) of a clip with one face."""
    real = REAL_CLIPS / "cap13_edit2.mp4"
    clip = real if real.is_file() else sample_clips()[0]
    return [np.asarray(cv2.resize(frame.rgb(), (320, 240)), np.uint8) for frame in read_frames(clip)][:200]


def write_long(target: Path, *, frames: int) -> Path:
    """Write the clip again and again, until there are so many frames."""
    images = faces()
    with VideoWriter(target, width=320, height=240, rate=25, crf=28, preset="ultrafast") as writer:
        for number in range(frames):
            writer.write(images[number % len(images)])
    return target


def write_collage(target: Path, *, side: int, frames: int) -> Path:
    """Write a video of 1280 x 960 with the clip at side x side places, each at another time."""
    images = faces()
    size = (1280 // side, 960 // side)
    tiles = [np.asarray(cv2.resize(image, size), np.uint8) for image in images]
    with VideoWriter(target, width=1280, height=960, rate=25, crf=20, preset="ultrafast") as writer:
        for number in range(frames):
            rows = [
                np.hstack(
                    [tiles[(number + 17 * (side * row + column)) % len(tiles)] for column in range(side)]
                )
                for row in range(side)
            ]
            writer.write(np.vstack(rows))
    return target


def growth(amounts: Sequence[int], costs: Sequence[Cost]) -> list[str]:
    """Return the cost of one unit of each row, divided by that of the first row."""
    each = [cost.seconds / amount for amount, cost in zip(amounts, costs, strict=True)]
    return [f"{one / each[0]:.2f}" for one in each]


def report_length(minutes: Sequence[int], folder: Path) -> None:
    """Print the cost of videos of growing length, with and without the annotated video."""
    for options in (("--no-annotate",), ()):
        costs = []
        for each in minutes:
            video = write_long(folder / f"{each}.mp4", frames=each * 1500)
            costs.append(cost_of("predict", video, "--out", folder / "out", *options))
            video.unlink()
            shutil.rmtree(folder / "out")
        goal_of_last(f"predict {' '.join(options)}, a minute", minutes, growth(minutes, costs))
        print_table(
            (
                f"minutes of 320 x 240 {' '.join(options)}".strip(),
                "frames/s",
                "peak MiB",
                "a frame, of the first row",
            ),
            [
                (each, f"{each * 1500 / cost.seconds:.0f}", f"{cost.peak_mib:.0f}", ratio)
                for each, cost, ratio in zip(minutes, costs, growth(minutes, costs), strict=True)
            ],
        )


def report_faces(numbers: Sequence[int], folder: Path) -> None:
    """Print the cost of 40 seconds of 1280 x 960 with several faces."""
    rows, frames = [], 1000
    for number in numbers:
        video = write_collage(folder / "faces.mp4", side=round(number**0.5), frames=frames)
        cost = cost_of("predict", video, "--out", folder / "out", "--no-annotate")
        rows.append(
            (
                number,
                f"{frames / cost.seconds:.0f}",
                f"{frames * number / cost.seconds:.0f}",
                f"{cost.peak_mib:.0f}",
            )
        )
        shutil.rmtree(folder / "out")
    print_table(("faces", "frames/s", "faces/s", "peak MiB"), rows)


def report_corpus(numbers: Sequence[int], folder: Path) -> None:
    """Print the cost of the preparation of corpora of growing size, of copies of rendered clips."""
    clips = sample_clips()
    rows, costs = [], []
    for number in numbers:
        corpus = folder / "corpus"
        for place in range(number):
            clip = clips[place % len(clips)]
            target = corpus / f"s{place % 50:02d}" / clip.parent.name / f"{place:06d}.mp4"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_variant(clip, target, place)
        costs.append(cost_of("prepare", corpus, folder / "data", "--corpus", "folder", "--no-images"))
        resumed = cost_of("prepare", corpus, folder / "data", "--corpus", "folder", "--no-images")
        rows.append(
            (
                number,
                *(f"{each.seconds:.0f} s, {each.peak_mib:.0f} MiB" for each in (costs[-1], resumed)),
            )
        )
        shutil.rmtree(corpus)
        shutil.rmtree(folder / "data")
    goal_of_last("prepare, a video", numbers, growth(numbers, costs))
    print_table(
        ("videos of 32 frames", "prepare", "the same command again", "a video, of the first row"),
        [(*row, ratio) for row, ratio in zip(rows, growth(numbers, costs), strict=True)],
    )


def report_study(numbers: Sequence[int], folder: Path) -> None:
    """Print the cost of studies of one variant and a growing number of seeds, one epoch each."""
    dataset = folder / "study-data"
    fer.prepare(fer.sample_corpus(), dataset, images=False, progress=False).split()
    costs = []
    for number in numbers:
        study = folder / "study"
        options = ("--variants", "fusion=gap-sum", "--seeds", number, "--epochs", 1, "--engine", "here")
        costs.append(cost_of("study", dataset, study, *options))
        shutil.rmtree(study)
    ratios = growth(numbers, costs)
    goal_of_last("study, a training", numbers, ratios)
    print_table(
        ("trainings of one epoch", "seconds", "peak MiB", "a training, of the first row"),
        [
            (number, f"{cost.seconds:.0f}", f"{cost.peak_mib:.0f}", ratio)
            for number, cost, ratio in zip(numbers, costs, ratios, strict=True)
        ],
    )


def goal_of_last(what: str, amounts: Sequence[int], ratios: Sequence[str]) -> None:
    """Set the cost of a unit of the last row beside the goal: at most a tenth above that of the first."""
    if len(amounts) > 1:
        set_beside_goal(
            f"{what} of {amounts[-1]:,}, of {amounts[0]:,}", float(ratios[-1]), goal=1.1, less_is_better=True
        )


def write_variant(clip: Path, target: Path, number: int) -> None:
    """Copy a video, with bytes at its end that make it another file; equal files would be one video."""
    shutil.copy(clip, target)
    if number >= len(sample_clips()):
        with target.open("ab") as file:
            text = str(number).encode()
            file.write((8 + len(text)).to_bytes(4, "big") + b"free" + text)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, nargs="*", default=[1, 10])
    parser.add_argument("--faces", type=int, nargs="*", default=[1, 4, 16], help="square numbers")
    parser.add_argument("--videos", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--trainings", type=int, nargs="*", default=[1, 4, 16], help="of a study")
    options = parser.parse_args()
    print(header())
    with tempfile.TemporaryDirectory() as folder:
        if options.minutes:
            report_length(options.minutes, Path(folder))
        if options.faces:
            report_faces(options.faces, Path(folder))
        if options.videos:
            report_corpus(options.videos, Path(folder))
        if options.trainings:
            report_study(options.trainings, Path(folder))
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
