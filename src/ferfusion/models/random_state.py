"""Restore torch's global random state after a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import torch

_ONE_AT_A_TIME = RLock()


@contextmanager
def borrowed_random_state() -> Iterator[None]:
    """Restore torch's global random state after the block, which one thread at a time runs.

    torch's layers draw initial weights from that state, even where other weights replace them.
    """
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=[]):
        yield
