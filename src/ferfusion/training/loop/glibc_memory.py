"""Reuse of the memory of one training step in the next."""

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h of glibc
DEFAULT_TRIM_THRESHOLD, DEFAULT_MMAP_MAX = 128 * 1024, 65_536  # mallopt(3)
NEVER = 2**31 - 1


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory in the process, with glibc; elsewhere do nothing.

    glibc returns large freed blocks to the system, and every step of a training allocates its feature maps
    again: with ``listing`` in batches of 64, 27,000 pages, each cleared first. Measured on two threads, a
    step with kept memory takes 0.86 of the time, and the process 3 % more memory (``lstm``: 22 %). It is
    returned at the end of the block.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_MAX, 0)
    libc.mallopt(M_TRIM_THRESHOLD, NEVER)
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_MAX, DEFAULT_MMAP_MAX)
        libc.mallopt(M_TRIM_THRESHOLD, DEFAULT_TRIM_THRESHOLD)
        libc.malloc_trim(ctypes.c_size_t(0))
