"""Lightning's loop on one device or several; it prints nothing, and a stopped run exits as stopped."""

import logging
import pickle
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from lightning.pytorch import Callback, LightningDataModule, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException

from ferfusion.compute import torch_device
from ferfusion.errors import RunError
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.glibc_memory import kept_memory
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.loop.processes import EndTogether, Peer, strategy


def fit(
    job: TrainJob,
    training: ExpressionTraining,
    data: LightningDataModule,
    *,
    callbacks: Sequence[Callback],
    checkpoint: Path,
    peer: Peer | None = None,
) -> None:
    """Train to the recipe's last epoch, from the run's last checkpoint if it has one.

    Args:
        job: The job.
        training: The module to train.
        data: Its batches.
        callbacks: Lightning callbacks.
        checkpoint: The run's last checkpoint, which need not exist.
        peer: This process among several that train together; None for a single process.

    Raises:
        RunError: the checkpoint is damaged, or the loss is no longer a finite number.
    """
    if checkpoint.is_file():
        check_checkpoint(checkpoint)
    with _quiet_lightning(), _honest_exit(), kept_memory():
        _trainer(job, callbacks, peer).fit(
            training,
            datamodule=data,
            ckpt_path=checkpoint if checkpoint.is_file() else None,
            weights_only=True,
        )


def check_checkpoint(path: Path) -> None:
    """Check that a checkpoint can be read.

    Raises:
        RunError: it is damaged; the message says how to start again.
    """
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, ValueError, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunError(
            f"{path} is damaged ({reason}); delete it, and the same command starts this run again"
        ) from error


def _trainer(job: TrainJob, callbacks: Sequence[Callback], peer: Peer | None) -> Trainer:
    device = torch_device(job.compute.device).type
    with _quiet_lightning():
        return Trainer(
            accelerator="gpu" if device == "cuda" else device,
            devices=job.compute.devices,
            strategy=strategy(job, peer) if peer else "auto",
            precision=cast(Any, job.compute.precision),
            max_epochs=job.recipe.epochs,
            callbacks=[*callbacks, *([EndTogether(peer)] if peer else [])],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            sync_batchnorm=job.compute.devices > 1 and device == "cuda",
            default_root_dir=job.run,
        )


@contextmanager
def _honest_exit() -> Iterator[None]:
    """Report a stopped run as stopped.

    On Ctrl-C Lightning ends the process and ignores the next Ctrl-C: raise KeyboardInterrupt instead. On
    SIGTERM it ends the process with code 0, as after a finished run: exit with 143, as other programs do.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SIGTERMException as stop:
        raise SystemExit(128 + signal.SIGTERM) from stop
    except SystemExit as stop:
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from stop


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Silence Lightning's notes on hardware and products, but not its other warnings."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Lightning 2.6 with torch 2.13: Lightning uses a class that torch deprecates
            warnings.filterwarnings("ignore", message=r".*LeafSpec", category=FutureWarning)
            # the user has chosen the device
            warnings.filterwarnings("ignore", message="GPU available but not used")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
