"""Decode frames in another thread, a few ahead of their use."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
_CHUNK, _CHUNKS = 8, 2


def ahead(items: Iterable[Item], *, weight: Callable[[Item], float] = lambda item: 0.0) -> Iterator[Item]:
    """Yield the items, while a thread takes up to 16 more of them, in two chunks.

    FFmpeg and OpenCV release the global interpreter lock, so frames are decoded and processed in parallel.

    Args:
        items: The items.
        weight: Returns the weight of an item; a chunk ends where its items together have the weight 1.

    >>> list(ahead(range(20))) == list(range(20))
    True
    """
    remaining = iter(items)

    def take() -> list[Item]:
        taken: list[Item] = []
        total = 0.0
        for item in remaining:
            taken.append(item)
            total += weight(item)
            if len(taken) == _CHUNK or total >= 1:
                break
        return taken

    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(take) for _ in range(_CHUNKS))
        while taken := waiting.popleft().result():
            waiting.append(thread.submit(take))
            yield from taken
