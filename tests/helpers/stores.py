"""An object store in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec


@contextmanager
def memory_store() -> Iterator[Any]:
    """Yield fsspec's file system in memory, empty before and after."""
    system = fsspec.filesystem("memory")
    _empty(system)
    try:
        yield system
    finally:
        _empty(system)


def _empty(system: Any) -> None:
    system.store.clear()
    system.pseudo_dirs[:] = [""]
