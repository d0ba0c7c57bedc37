"""Server-sent events: every change of a job, to every page that listens."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager

from ferfusion.app.job_queue import Told

HEARTBEAT_SECONDS = 15.0
MOST_LISTENERS = 64
_MOST_WAITING = 512
"""Events that may wait for a listener; one that reads slower is dropped, and connects again."""


class Hub:
    """Sends events to the pages that listen. It belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Told | None]] = set()

    @property
    def is_full(self) -> bool:
        """Whether no page more may listen."""
        return len(self._listeners) >= MOST_LISTENERS

    def send(self, events: Iterable[Told]) -> None:
        """Send events to all listeners."""
        for event in events:
            for queue in list(self._listeners):
                self._put(queue, event)

    def close(self) -> None:
        """End the stream of every listener."""
        for queue in list(self._listeners):
            self._drop(queue)

    @contextmanager
    def listening(self) -> Iterator["asyncio.Queue[Told | None]"]:
        """Yield a queue of the events from now on; None is its end."""
        queue: asyncio.Queue[Told | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def _put(self, queue: "asyncio.Queue[Told | None]", event: Told) -> None:
        if queue.qsize() >= _MOST_WAITING:
            self._drop(queue)
        else:
            queue.put_nowait(event)

    def _drop(self, queue: "asyncio.Queue[Told | None]") -> None:
        self._listeners.discard(queue)
        queue.put_nowait(None)


async def stream(
    hub: Hub, first: Iterable[Told], *, heartbeat_seconds: float = HEARTBEAT_SECONDS
) -> AsyncIterator[str]:
    """Yield the text of a stream of events: ``first``, then every change, and comments that keep it open."""
    with hub.listening() as queue:
        for event in first:
            yield event_text(event)
        while True:
            try:
                waited = await asyncio.wait_for(queue.get(), heartbeat_seconds)
            except TimeoutError:
                yield ": heartbeat\n\n"
                continue
            if waited is None:
                return
            yield event_text(waited)


def event_text(event: Told) -> str:
    r"""Return the text of an event.

    >>> event_text(("gone", {"id": "7"}))
    'event: gone\ndata: {"id": "7"}\n\n'
    """
    name, data = event
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
