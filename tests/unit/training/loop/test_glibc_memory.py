import platform
import resource

import pytest
import torch

from ferfusion.training.loop.glibc_memory import kept_memory

MAPS = 32 * 1024 * 1024  # bytes, of 4 KiB pages
STEPS = 10

glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has mallopt")


def pages_of_steps() -> int:
    """Return the pages that the system allocates for steps that each need and free the same maps."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(STEPS):
        torch.ones(MAPS, dtype=torch.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@glibc_only
def test_kept_memory_serves_all_steps_from_the_first():
    with kept_memory():
        pages_of_steps()
        assert pages_of_steps() < 100


@glibc_only
def test_kept_memory_is_returned_afterwards():
    with kept_memory():
        pages_of_steps()
    assert pages_of_steps() > STEPS * MAPS / 2**21 / 2  # even if the pages are huge, of 2 MiB
