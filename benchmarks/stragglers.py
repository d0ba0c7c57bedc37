"""A cluster of slow and dying processes: how much longer do many jobs take, and is any lost?

Several Ray nodes on this host, with 127.0.0.1 as their address, run jobs that only wait. One job in ten takes
ten times as long. One in a hundred ends its process when it is first run, as where the memory is full. One
node is removed in the middle. Ray repeats what was lost.

Also computed, without a cluster: the share of their time that up to 1,000 workers work, on batches of 1,000
such jobs, if a batch waits for the end of the one before, and if all batches are one stream, as in `predict`.

    python benchmarks/stragglers.py [--nodes 4] [--jobs 400] [--seconds 0.2]
"""

import argparse
import heapq
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # keeps every port on 127.0.0.1

from ray.cluster_utils import Cluster

from common import header, print_table
from ferfusion.engines import run_on_ray

SLOW, DYING = 10, 100
"""One job in so many is slow, or ends its process once."""


def job(number: int, *, seconds: float, slow: bool, dying: bool, notes: Path) -> int:
    """Wait; note each attempt in a folder."""
    attempts = len(list(notes.glob(f"{number}-*")))
    (notes / f"{number}-{attempts}").touch()
    if dying and number % DYING == DYING // 2 and attempts == 0:
        os._exit(1)
    time.sleep(seconds * (10 if slow and number % SLOW == 0 else 1))
    return number


def run(nodes: int, jobs: int, seconds: float, *, slow: bool, dying: bool, lost: bool) -> tuple[float, int]:
    """Run the jobs on a new cluster; return the seconds they took, and the number of attempts."""
    cluster: Any = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False},
    )
    others = [cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1") for _ in range(nodes - 1)]
    with tempfile.TemporaryDirectory() as folder:
        one: Callable[[int], int] = partial(job, seconds=seconds, slow=slow, dying=dying, notes=Path(folder))
        start, done = time.perf_counter(), []
        for number in run_on_ray(one, range(jobs), address=cluster.address):
            done.append(number)
            if lost and len(done) == jobs // 2:
                cluster.remove_node(others[-1], allow_graceful=False)
        took = time.perf_counter() - start
        attempts = len(list(Path(folder).iterdir()))
    cluster.shutdown()
    if sorted(done) != list(range(jobs)):
        raise SystemExit(f"{jobs - len(set(done))} jobs are lost, {len(done) - len(set(done))} came twice")
    return took, attempts


def work_share(workers: int, *, batches: int, waits: bool) -> float:
    """Return the share of the workers' time in which they work; a worker takes the next job when it is free.

    Args:
        workers: Number of workers.
        batches: Number of batches of 1,000 jobs, one in ten of which takes ten times as long.
        waits: Whether a batch begins when the one before has ended.
    """
    free = [0.0] * workers  # when each worker is free
    work = 0.0
    for number in range(1000 * batches):
        if waits and number % 1000 == 0:
            free = [max(free)] * workers
        seconds = 10.0 if number % SLOW == 0 else 1.0
        work += seconds
        heapq.heapreplace(free, free[0] + seconds)
    return work / (workers * max(free))


def report_waiting(batches: int = 100) -> None:
    """Print the shares of the time in which workers work."""
    rows = [
        (workers, *(f"{work_share(workers, batches=batches, waits=waits):.2f}" for waits in (True, False)))
        for workers in (2, 10, 100, 1000)
    ]
    print_table(("workers", f"share at work, {batches} batches that wait", "one stream"), rows)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=0.2)
    options = parser.parse_args()
    print(header())
    report_waiting()
    rows = []
    sys.stdout.flush()
    quiet, kept = os.open(os.devnull, os.O_WRONLY), (os.dup(1), os.dup(2))
    for stream in (1, 2):  # a removed node prints pages of its state
        os.dup2(quiet, stream)
    for name, slow, dying, lost in (
        ("all well", False, False, False),
        ("1 in 10 is slow", True, False, False),
        ("also 1 in 100 dies", True, True, False),
        ("also a node is lost", True, True, True),
    ):
        took, attempts = run(options.nodes, options.jobs, options.seconds, slow=slow, dying=dying, lost=lost)
        work = options.seconds * options.jobs * (1.9 if slow else 1) / options.nodes
        rows.append((name, f"{took:.1f}", f"{work:.1f}", f"{took / work:.2f}", attempts))
    sys.stdout.flush()
    for stream, copy in zip((1, 2), kept, strict=True):
        os.dup2(copy, stream)
    print_table(
        (f"{options.jobs} jobs on {options.nodes} nodes", "seconds", "of work", "ratio", "attempts"), rows
    )


if __name__ == "__main__":
    main()
