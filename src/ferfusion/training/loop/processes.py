"""Several processes of this host that train one model together, each with a device of its own.

This process is the first of them and spawns the others. They find each other by a file, and communicate over
the loopback interface (gloo) or between the GPUs (nccl); no port is opened to the network.
"""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch import distributed

from ferfusion.compute import torch_device
from ferfusion.engines import FreshContext
from ferfusion.environment import environment_defaults
from ferfusion.errors import FerfusionError
from ferfusion.training.job import TrainJob

PATIENCE = timedelta(minutes=10)
"""Time after which a process that waits for the others fails."""
_LOOPBACK = {"linux": "lo", "darwin": "lo0"}


@dataclass(frozen=True)
class Peer:
    """A process among those that train together.

    Attributes:
        rank: Its number, counted from 0.
        rendezvous: The file by which the processes find each other.
    """

    rank: int
    rendezvous: Path


@contextmanager
def other_processes(work: Callable[[TrainJob, Peer], None], job: TrainJob) -> Iterator[Peer | None]:
    """Run ``work`` in the other processes of a job, if it has any, and yield the peer that this process is.

    The others end with this block; an exception in it ends them at once.
    """
    if job.compute.devices == 1:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        peers = [Peer(rank, Path(folder) / "rendezvous") for rank in range(job.compute.devices)]
        others = [
            FreshContext().Process(target=_beside, args=(work, job, peer), daemon=True) for peer in peers[1:]
        ]
        for other in others:
            other.start()
        try:
            with _joined(job, peers[0]):
                yield peers[0]
                for other in others:
                    other.join()
        finally:
            for other in others:
                other.kill()
                other.join()


def strategy(job: TrainJob, peer: Peer) -> DDPStrategy:
    """Return the Lightning strategy that keeps the weights of the processes equal."""
    # frozen streams get no gradients, and the others must not wait for them
    return DDPStrategy(
        cluster_environment=_LocalProcesses(peer.rank),
        find_unused_parameters=job.recipe.frozen_epochs > 0,
    )


class EndTogether(Callback):
    """Lets SIGTERM end the first process, which then ends the others.

    Lightning would send the others a message, while they may be waiting for messages of another kind.
    """

    def __init__(self, peer: Peer) -> None:
        self._is_first = peer.rank == 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replace Lightning's own handler, which Lightning restores at the end."""
        signal.signal(signal.SIGTERM, _stop if self._is_first else signal.SIG_IGN)


def _stop(signum: int, frame: object) -> None:
    raise SIGTERMException


class _LocalProcesses(LightningEnvironment):
    """A cluster environment whose processes are running already."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self._rank = rank

    @property
    def creates_processes_externally(self) -> bool:
        return True

    def local_rank(self) -> int:
        return self._rank


def _beside(work: Callable[[TrainJob, Peer], None], job: TrainJob, peer: Peer) -> None:
    """Run a job's work in a process that is not the first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process handles Ctrl-C, and ends this one
    try:
        with _joined(job, peer):
            work(job, peer)
    except FerfusionError:
        sys.exit(2)  # the first process raises and reports the same error


@contextmanager
def _joined(job: TrainJob, peer: Peer) -> Iterator[None]:
    on_gpu = torch_device(job.compute.device).type == "cuda"
    threads = torch.get_num_threads()
    if not on_gpu:
        torch.set_num_threads(max(1, threads // job.compute.devices))
    loopback = {"GLOO_SOCKET_IFNAME": _LOOPBACK[sys.platform]} if sys.platform in _LOOPBACK else {}
    with environment_defaults(**loopback):
        distributed.init_process_group(
            "nccl" if on_gpu else "gloo",
            init_method=peer.rendezvous.as_uri(),
            rank=peer.rank,
            world_size=job.compute.devices,
            timeout=PATIENCE,
        )
    try:
        yield
    finally:
        distributed.destroy_process_group()
        torch.set_num_threads(threads)
