"""Environment variables for what is loaded or started within a block; afterwards they are as they were."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

SPIN_COUNT = "10000"
"""Rounds, together less than a tenth of a millisecond, that a waiting thread spins; by GCC 300,000."""
_ONE_AT_A_TIME = RLock()


@contextmanager
def environment_defaults(**values: str) -> Iterator[None]:
    """Set those of the variables that are not set, and unset them at the end; other threads wait.

    >>> with environment_defaults(FERFUSION_EXAMPLE="1"):
    ...     os.environ["FERFUSION_EXAMPLE"]
    '1'
    >>> "FERFUSION_EXAMPLE" in os.environ
    False
    """
    with _ONE_AT_A_TIME:
        own = {name: value for name, value in values.items() if name not in os.environ}
        os.environ.update(own)
        try:
            yield
        finally:
            for name in own:
                os.environ.pop(name, None)


@contextmanager
def sleeping_threads() -> Iterator[None]:
    """Let the threads of a torch that is imported within the block sleep soon while they wait for each other.

    Where other programs want the same processors, a thread that spins keeps those from working that it waits
    for: measured on two busy processors, a training step took 4.7 s, and 0.7 s with this. GCC's OpenMP reads
    the variable once, when it is loaded; a value that the user has set stays.
    """
    with environment_defaults(GOMP_SPINCOUNT=SPIN_COUNT):
        yield


def load_torch() -> None:
    """Import torch with sleeping threads; where it is imported already, do nothing."""
    if "torch" not in sys.modules:
        with sleeping_threads():
            import torch  # noqa: F401, PLC0415 it is what this is for
