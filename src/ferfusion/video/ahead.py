"""Decode frames in another thread, a few ahead of their use."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
_CHUNK, _CHUNKS = 8, 2


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, while a thread takes up to 16 more of them.

    FFmpeg and OpenCV release the global interpreter lock, so frames are decoded and processed in parallel.

    >>> list(ahead(range(20))) == list(range(20))
    True
    """
    remaining = iter(items)

    def take() -> list[Item]:
        return list(islice(remaining, _CHUNK))

    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(take) for _ in range(_CHUNKS))
        while taken := waiting.popleft().result():
            waiting.append(thread.submit(take))
            yield from taken
