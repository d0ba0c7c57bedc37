"""torch's global random state, borrowed and given back."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import torch

_ONE_AT_A_TIME = RLock()


@contextmanager
def borrowed_random_state() -> Iterator[None]:
    """Give torch's global random state back as it was; threads that borrow it take turns.

    torch's layers draw their first weights from it, whoever needs them or not.
    """
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=[]):
        yield
