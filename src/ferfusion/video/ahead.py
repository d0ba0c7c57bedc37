"""Decode frames in a thread of their own, a few ahead of who uses them."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
_CHUNK, _CHUNKS = 8, 2


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, while a thread takes up to 16 further ones.

    FFmpeg and OpenCV leave other threads of Python alone while they work, so that decoding and what is done
    with the frames go on side by side.

    >>> list(ahead(range(20))) == list(range(20))
    True
    """
    left = iter(items)

    def take() -> list[Item]:
        return list(islice(left, _CHUNK))

    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(take) for _ in range(_CHUNKS))
        while taken := waiting.popleft().result():
            waiting.append(thread.submit(take))
            yield from taken
