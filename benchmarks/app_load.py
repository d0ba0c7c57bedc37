"""The load of the app's server on 127.0.0.1: 50 clients ask 500 questions while jobs run; it stops itself.

A lost answer or a lost job is a failure. It prints the times of the answers and the growth of the server's
memory.

    python benchmarks/app_load.py [--clients 50] [--requests 500] [--jobs 6]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import httpx
import numpy as np

import ferfusion as fer
from common import header

TOKEN = "token-of-the-benchmark"
_LONGEST_SECONDS = 300


@contextmanager
def server(home: Path) -> Iterator[tuple[int, str]]:
    """Run the app; yield the number of its process and its address."""
    command = [sys.executable, "-m", "ferfusion", "app", "--no-browser", "--data", str(home)]
    environment = os.environ | {"FERFUSION_APP_TOKEN": TOKEN, "COLUMNS": "200"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1].partition("/?")[0]
        try:
            yield process.pid, address
        finally:
            process.terminate()
            process.wait(30)


def memory_mb(pid: int) -> float:
    """Return the memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """Run the load and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=6)
    asked = parser.parse_args()
    print(header())
    clip = fer.sample_corpus() / "s01" / "fear" / "s01_fear_1.mp4"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    limits = httpx.Limits(max_connections=asked.clients)
    with (
        tempfile.TemporaryDirectory() as home,
        server(Path(home)) as (pid, address),
        httpx.Client(
            base_url=f"{address}/api/v1", headers=headers, limits=limits, timeout=60, trust_env=False
        ) as client,
    ):
        content = clip.read_bytes()
        sent = [client.post("/uploads?name=a.mp4", content=content).json() for _ in range(asked.jobs)]
        jobs = [client.post("/jobs", json={"inputs": [row["id"]]}).json()[0] for row in sent]
        first = jobs[0]["id"]
        wait_for(client, [first])
        seconds, failures, memory = load(client, pid, first, asked.clients, asked.requests)
        wait_for(client, [job["id"] for job in jobs])
        states = [job["state"] for job in client.get("/jobs").json()]
    median, late = np.quantile(seconds, [0.5, 0.95])
    before, between, after = memory
    print(f"{len(seconds)} answers of {asked.clients} clients, {failures} failed")
    print(f"seconds: median {median:.3f}, p95 {late:.3f}, longest {max(seconds):.3f}")
    print(f"memory of the server: {before:.0f} MB, after half {between:.0f} MB, at the end {after:.0f} MB")
    print(f"jobs: {states.count('done')} of {asked.jobs} done")
    if failures or states.count("done") != asked.jobs:
        sys.exit("an answer or a job was lost")


def wait_for(client: httpx.Client, ids: list[str]) -> None:
    """Wait until jobs have ended."""
    until = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < until:
        states = {job["id"]: job["state"] for job in client.get("/jobs").json()}
        if all(states[each] not in ("waiting", "running") for each in ids):
            return
        time.sleep(0.2)
    sys.exit("the jobs do not end")


def load(
    client: httpx.Client, pid: int, result: str, clients: int, requests: int
) -> tuple[list[float], int, list[float]]:
    """Return the seconds of each answer, the number of failures, and the memory before, between and after."""
    places = cycle(
        [
            "/jobs",
            f"/results/{result}",
            f"/results/{result}/timeline?face=0&points=800",
            f"/results/{result}/boxes?from=0&to=5",
            "/health",
            f"/results/{result}/frames.csv",
            f"/results/{result}/source",
            "/uploads",
        ]
    )
    memory = [memory_mb(pid)]
    seconds: list[float] = []
    failures = 0

    def ask(place: str) -> tuple[float, bool]:
        began = time.perf_counter()
        answer = client.get(place)
        return time.perf_counter() - began, answer.status_code == 200

    with ThreadPoolExecutor(clients) as pool:
        for _ in range(2):
            for took, is_right in pool.map(ask, islice(places, requests // 2)):
                seconds.append(took)
                failures += not is_right
            memory.append(memory_mb(pid))
    return seconds, failures, memory


if __name__ == "__main__":
    main()
