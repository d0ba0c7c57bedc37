"""Run many independent jobs, in this process or in a pool of processes, with the same results."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from types import MappingProxyType
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs ``function`` on every job and yields the results as they come, in any order.

    ``function`` and the jobs must be picklable; an exception of a job is raised here and ends the run.
    """

    def __call__(
        self, function: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int
    ) -> Iterator[Result]:
        """Run the jobs on so many workers."""


def run_here(function: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int) -> Iterator[Result]:
    """Run the jobs one after the other in this process; ``workers`` is not used."""
    del workers
    for job in jobs:
        yield function(job)


def run_in_pool(function: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int) -> Iterator[Result]:
    """Run the jobs in freshly started processes, each with one OpenCV thread."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread_each)
    with pool:
        futures = [pool.submit(function, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one_thread_each() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2  # noqa: PLC0415 - only the workers of a pool need it here

    cv2.setNumThreads(1)


ENGINES: MappingProxyType[str, Engine] = MappingProxyType({"here": run_here, "pool": run_in_pool})
