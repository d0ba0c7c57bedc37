"""Run many independent jobs in this process, in a pool of processes, or on Ray, with the same results.

A job with a file that others made is run in a process of its own first, under limits: ``rehearse``.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for_any
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import Pipe, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from threading import Lock, Thread, current_thread, main_thread
from types import MappingProxyType, ModuleType
from typing import Any, Protocol, TypeVar

from ferfusion.environment import TORCH_VARIABLES, environment_defaults, torch_defaults
from ferfusion.errors import BundleError, ConfigError, FerfusionError
from ferfusion.extras import require

Job = TypeVar("Job")
Result = TypeVar("Result")
_JOBS_PER_WORKER = 4
"""Jobs that are submitted for each worker at a time; all others stay in the list, which may be long."""


class Engine(Protocol):
    """Calls ``function`` with every job and yields the results as they come, in any order.

    ``function`` and the jobs must be picklable. A job may run again if the host that ran it is lost. An
    exception of a job is raised here and ends the run.
    """

    def __call__(
        self,
        function: Callable[[Job], Result],
        jobs: Iterable[Job],
        *,
        workers: int | None = None,
        address: str | None = None,
    ) -> Iterator[Result]:
        """Run the jobs.

        Args:
            function: What to call with each job.
            jobs: The jobs.
            workers: Number of processes; by default, the number of processors.
            address: Ray cluster to run on, for the engine ray.

        Raises:
            ConfigError: the engine has no use for an address, or no cluster answers there.
        """


def run_here(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    address: str | None = None,
) -> Iterator[Result]:
    """Run the jobs one after the other in this process.

    Raises:
        ConfigError: an address is given.
    """
    del workers
    refuse_address(address)
    for job in jobs:
        yield function(job)


def run_in_pool(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    address: str | None = None,
) -> Iterator[Result]:
    """Run the jobs in freshly started processes, each with one OpenCV thread.

    The processes end with this one, even if it is killed, so that a resumed run does not compete with them.

    Raises:
        ConfigError: an address is given, or a process was ended from outside, as for want of memory.
    """
    refuse_address(address)
    workers = workers or os.cpu_count()
    pool = ProcessPoolExecutor(workers, mp_context=FreshContext(), initializer=_begin_worker)
    with pool:
        try:
            yield from _pool_results(pool, function, jobs, at_once=_JOBS_PER_WORKER * (workers or 1))
        except BaseException as error:
            processes = list(pool._processes.values())
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):  # otherwise the running jobs are finished
                for process in processes:
                    process.kill()
            if isinstance(error, BrokenProcessPool):
                raise ConfigError(
                    "A worker process was ended from outside, as happens where the memory is full; run the "
                    f"same command again, with fewer --workers than {workers}"
                ) from error
            raise


def _pool_results(
    pool: ProcessPoolExecutor, function: Callable[[Job], Result], jobs: Iterable[Job], *, at_once: int
) -> Iterator[Result]:
    """Yield the results of a pool's jobs; at most ``at_once`` are submitted at a time."""
    remaining = iter(jobs)
    running: set[Future[Result]] = {pool.submit(function, job) for job in islice(remaining, at_once)}
    while running:
        done, running = wait_for_any(running, return_when=FIRST_COMPLETED)
        running |= {pool.submit(function, job) for job in islice(remaining, len(done))}
        for future in done:
            yield future.result()


def run_on_ray(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    address: str | None = None,
) -> Iterator[Result]:
    """Run the jobs as Ray tasks of one processor each; the tasks of a lost node run again on another one.

    Without an address, Ray is started on this host, listens on 127.0.0.1 only and ends with the run. In a
    cluster, every node must have the corpus and the dataset folder at the same path.

    Raises:
        ConfigError: no cluster answers at the address.
        MissingExtraError: the package ray is not installed.
    """
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    if address is None or address.startswith("127.0.0.1"):
        # or Ray replaces 127.0.0.1 by the address of the host in the network
        settings["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    on_sigterm = signal.getsignal(signal.SIGTERM)
    with environment_defaults(**settings), torch_defaults():
        ray: Any = require("ray", extra="ray")
        own = not ray.is_initialized()
        if own:
            _start_ray(ray, workers, address)
    try:
        yield from _ray_results(ray, function, jobs)
    finally:
        if own:
            ray.shutdown()
            if current_thread() is main_thread():
                signal.signal(signal.SIGTERM, on_sigterm)  # Ray does not restore it


def _start_ray(ray: Any, workers: int | None, address: str | None) -> None:
    # the hosts of a cluster do not have the environment variables of this one
    names = [name for name in os.environ if name.startswith("FERFUSION_") or name in TORCH_VARIABLES]
    variables = {name: os.environ[name] for name in names}
    quiet = {"log_to_driver": False, "logging_level": "error", "runtime_env": {"env_vars": variables}}
    here = {"_node_ip_address": "127.0.0.1"}
    if address is None:
        # "local" starts a new Ray even if one runs on this host, which would not accept num_cpus
        ray.init(
            address="local", num_cpus=workers or os.cpu_count(), include_dashboard=False, **here, **quiet
        )
        return
    try:
        ray.init(address=address, **(here if address.startswith("127.0.0.1") else {}), **quiet)
    except ConnectionError as error:
        raise ConfigError(
            f"No Ray cluster answers at {address}; start one with ray start --head, name the address "
            "that it prints, and if it requires a token, set RAY_AUTH_MODE=token on every host"
        ) from error


def _ray_results(ray: Any, function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    """Yield the results of Ray tasks; a few tasks per processor are submitted at a time."""

    def task(job: Job) -> Result:
        _one_thread_each()
        return function(job)

    remote = ray.remote(num_cpus=1, max_retries=10)(task)
    remaining = iter(jobs)
    at_once = _JOBS_PER_WORKER * int(ray.cluster_resources().get("CPU", 1))
    running = [remote.remote(job) for job in islice(remaining, at_once)]
    while running:
        done, running = ray.wait(running)
        running += [remote.remote(job) for job in islice(remaining, len(done))]
        for reference in done:
            try:
                result: Result = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from error  # Ray's own has a traceback as its message
            except ray.exceptions.RayError as error:  # it was lost after all retries
                raise ConfigError(
                    f"Ray lost the process of a job again and again ({type(error).__name__}), as happens "
                    "where the memory is full; run the same command again, with fewer --workers"
                ) from error
            yield result


def rehearse(
    function: Callable[[Path], object], path: Path, *, seconds: int = 30, memory_bytes: int = 2**30
) -> None:
    """Call a function with a file in a new process, which ends if the file breaks the library that reads it.

    Any other exception than those below is left to the caller, who calls the function again.

    Args:
        function: A function of a module, or a ``functools.partial`` of one.
        path: The file.
        seconds: Time of a processor that the function may take; it may wait three times as long.
        memory_bytes: Memory that the function may take, with the libraries that it imports.

    Raises:
        FerfusionError: the function raised it.
        BundleError: the function reached a limit, or ended the process.
    """
    receiver, sender = Pipe(duplex=False)
    process = FreshContext().Process(target=_rehearsal, args=(sender, function, path, seconds, memory_bytes))
    process.start()
    sender.close()
    try:
        outcome = receiver.recv() if receiver.poll(3 * seconds) else None
    except EOFError:
        outcome = None
        process.join(seconds)
    finally:
        process.kill()
        process.join()
        receiver.close()
    if isinstance(outcome, FerfusionError):
        raise outcome
    if outcome is None and process.exitcode != 1:
        raise BundleError(
            f"{path} cannot be used: reading it took more than {seconds} seconds or "
            f"{memory_bytes / 2**30:.1f} GiB, or ended the process that read it; the file is damaged, or was "
            "made to do this"
        )


def limit_this_process(*, seconds: int, memory_bytes: int) -> None:
    """Silence this process, and end it where it takes more time of a processor or more memory from now on.

    Windows limits neither, and macOS no memory.
    """
    # libraries in C write of their own end; the caller reports it
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        import resource  # noqa: PLC0415 Windows has none
    except ModuleNotFoundError:
        return  # the caller still waits no longer than it wants
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = Path("/proc/self/statm")
    if used.exists():  # macOS has no such file, and does not keep to a limit of memory
        total = int(used.read_text().split()[0]) * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (total, total))


def _rehearsal(
    sender: Connection, function: Callable[[Path], object], path: Path, seconds: int, memory_bytes: int
) -> None:
    limit_this_process(seconds=seconds, memory_bytes=memory_bytes)
    outcome: FerfusionError | str
    try:
        function(path)
        outcome = "done"
    except FerfusionError as error:
        outcome = error
    except MemoryError:
        os._exit(2)
    sender.send(outcome)


class _FreshProcess(SpawnProcess):
    def start(self) -> None:
        with _hidden_main(), torch_defaults(), _without_ctrl_c():
            super().start()


class FreshContext(SpawnContext):
    """Starts new processes that do not run the user's script again.

    The functions of the jobs are in this package. Python's own context imports the running script, so that a
    script would need ``if __name__ == "__main__"``.
    """

    Process = _FreshProcess


_HIDING = Lock()


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach; it waits in this one, which ends the others."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _hidden_main() -> Iterator[None]:
    with _HIDING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def refuse_address(address: str | None) -> None:
    """Refuse the address of a cluster where none is used; None is no address.

    Raises:
        ConfigError: an address is given.
    """
    if address is not None:
        raise ConfigError(
            f"An address ({address}) is for the engine ray; add --engine ray, or drop --address"
        )


def _begin_worker() -> None:
    _one_thread_each()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # the workers of a killed process would otherwise finish their jobs beside a resumed run
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _one_thread_each() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2  # noqa: PLC0415 - only the workers need it here

    cv2.setNumThreads(1)


ENGINES: MappingProxyType[str, Engine] = MappingProxyType(
    {"here": run_here, "pool": run_in_pool, "ray": run_on_ray}
)
