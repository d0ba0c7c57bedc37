"""The process's environment: variables that are set within a block, and memory that is given back."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from types import MappingProxyType

SPIN_COUNT = "10000"
"""Rounds that a waiting thread spins, in total less than 0.1 ms; GCC's default is 300,000."""
MKL_MODE = "AVX2,STRICT"
"""Source: the guide of MKL, "Conditional Numerical Reproducibility"."""
TORCH_VARIABLES = MappingProxyType({"GOMP_SPINCOUNT": SPIN_COUNT, "MKL_CBWR": MKL_MODE})
"""What ``torch_defaults`` sets."""
_ONE_AT_A_TIME = RLock()


@contextmanager
def environment_defaults(**values: str) -> Iterator[None]:
    """Set the variables that are not set yet, and unset them at the end; other threads wait.

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
def torch_defaults() -> Iterator[None]:
    """Let a torch that is imported within the block share the processors, and compute the same on any number.

    Its waiting threads sleep soon instead of spin: on busy processors, a spinning thread delays the threads
    that it waits for. Measured on two busy processors, a training step took 4.7 s, and 0.7 s with this.

    Matrix products of Intel's MKL do not depend on the number of threads, so a pool of processes of one
    thread predicts the same numbers as one process of several.

    The libraries read these variables once; a value that the user has set stays.
    """
    had_torch = "torch" in sys.modules
    with environment_defaults(**TORCH_VARIABLES):
        yield
        torch = sys.modules.get("torch")
        if torch is not None and not had_torch:
            torch.ones(4, 4).mm(torch.ones(4, 4))  # MKL reads its variable at the first product


def load_torch() -> None:
    """Import torch with ``torch_defaults``; if it is imported already, do nothing."""
    if "torch" not in sys.modules:
        with torch_defaults():
            import torch  # noqa: F401, PLC0415 imported for its effect


def release_free_memory() -> None:
    """Give memory that is no longer used back to the system, where the C library can (glibc).

    FFmpeg's buffers of large frames otherwise stay with the process after a video: 890 MiB of 8K.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
