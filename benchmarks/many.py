"""Many videos: speed by the number of processes, and the memory of the driver of a long list.

Speed: `ferfusion predict` of a folder of short clips (copies of one), from the command line, by one process,
by one process on one processor, and by a process for each processor.

Memory: a list of up to a million paths, with a stand-in for the work, so that only the driver is measured.

    python benchmarks/many.py [--clips 200] [--rounds 3] [--rows 1000000]
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from common import REAL_CLIPS, header, print_table, sample_clips, set_beside_goal

STAND_IN = """
import resource, sys
from pathlib import Path
import ferfusion as fer
from ferfusion.inference import predict_on_engine
from ferfusion.inference.predict_many import Unreadable, VideoResult

def stand_in(jobs, *_, **__):
    yield from (VideoResult(job, None, Unreadable("a stand-in")) for job in jobs)

predict_on_engine.predict_each = stand_in
model = fer.load_model(device="cpu")
rows, out = int(sys.argv[1]), Path(sys.argv[2])
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
paths = (f"{out}/none/{number}.mp4" for number in range(rows))
for _ in model.predict_each(paths, out=out, engine="here", progress=False):
    pass
end = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(start / 1024, end / 1024)
"""


def copies(clip: Path, folder: Path, number: int) -> Path:
    """Fill a folder with copies of a clip."""
    folder.mkdir()
    for place in range(number):
        shutil.copy(clip, folder / f"{place:05d}{clip.suffix}")
    return folder


def seconds_of(videos: Path, *options: str, before: tuple[str, ...] = ()) -> float:
    """Return the seconds of the command with some options."""
    with tempfile.TemporaryDirectory() as out:
        command = [*before, sys.executable, "-m", "ferfusion", "predict", str(videos), "--out", out, *options]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start


def ways() -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield the name of each way, its options, and what precedes the command."""
    one = ("--workers", "1")
    if shutil.which("taskset"):
        yield "one process on one processor", one, ("taskset", "-c", "0")
    yield "one process", one, ()
    yield f"{os.cpu_count()} processes", ("--workers", str(os.cpu_count())), ()


def report_speed(clip: Path, *, number: int, rounds: int, folder: Path) -> None:
    """Print clips a second of each way."""
    videos = copies(clip, folder / "videos", number)
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in ways()}
    for _ in range(rounds):
        for name, options, before in ways():
            seconds[name].append(seconds_of(videos, *options, before=before))
    medians = [statistics.median(each) for each in seconds.values()]
    base = medians[0]
    if len(medians) > 1 + bool(shutil.which("taskset")):
        set_beside_goal(
            "many videos, all processors, of one", base / medians[-1], goal=0.9 * (os.cpu_count() or 1)
        )
    rows = [
        (
            name,
            f"{statistics.median(each):.1f} ({min(each):.1f} to {max(each):.1f})",
            f"{number / statistics.median(each):.2f}",
            f"{base / statistics.median(each):.2f}",
        )
        for name, each in seconds.items()
    ]
    print_table((f"{number} copies of {clip.name}", "seconds", "clips/s", "of the first"), rows)


def report_memory(rows: int, *, folder: Path) -> None:
    """Print the peak memory of the driver for lists of growing length."""
    found = []
    length = 1_000
    while length <= rows:
        start = time.perf_counter()
        command = [sys.executable, "-c", STAND_IN, str(length), str(folder / str(length))]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        loaded, peak = map(float, done.stdout.split())
        found.append((f"{length:,}", f"{loaded:.0f}", f"{peak:.0f}", f"{time.perf_counter() - start:.0f}"))
        shutil.rmtree(folder / str(length), ignore_errors=True)
        length *= 10
    set_beside_goal(
        f"list of {rows:,} rows, memory of the driver, of {found[0][0]} rows",
        float(found[-1][2]) / float(found[0][2]),
        goal=1.05,
        less_is_better=True,
    )
    print_table(("rows", "MiB with the model", "peak MiB of the driver", "seconds"), found)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=100_000, help="of the longest list")
    options = parser.parse_args()
    print(header())
    real = REAL_CLIPS / "1001_DFA_HAP_XX.flv"
    clip = real if real.is_file() else sample_clips()[0]
    with tempfile.TemporaryDirectory() as folder:
        report_memory(options.rows, folder=Path(folder))
        report_speed(clip, number=options.clips, rounds=options.rounds, folder=Path(folder))
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
