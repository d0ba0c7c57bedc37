import asyncio

from ferfusion.app.events import MOST_LISTENERS, Hub, event_text, stream


async def heard(hub, *, first=(), sent=(), heartbeat=10.0):
    texts = []

    async def listen():
        async for text in stream(hub, first, heartbeat_seconds=heartbeat):
            texts.append(text)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0.05)
    hub.send(sent)
    await asyncio.sleep(0.05)
    hub.close()
    await listener
    return texts


def test_listener_hears_what_is_and_what_changes():
    texts = asyncio.run(heard(Hub(), first=[("job", {"id": "a"})], sent=[("gone", {"id": "a"})]))
    assert texts == [event_text(("job", {"id": "a"})), event_text(("gone", {"id": "a"}))]


def test_silence_is_kept_open_by_comments():
    assert ": heartbeat\n\n" in asyncio.run(heard(Hub(), heartbeat=0.01))


def test_slow_listener_is_dropped():
    async def flood():
        hub = Hub()
        with hub.listening() as queue:
            hub.send(("job", {"n": n}) for n in range(2_000))
            return queue.qsize()

    assert asyncio.run(flood()) < 1_000


def test_hub_has_room_for_some_listeners():
    async def fill():
        hub = Hub()
        hub._listeners.update(asyncio.Queue() for _ in range(MOST_LISTENERS))
        return hub.is_full

    assert asyncio.run(fill())
    assert not Hub().is_full


def test_data_with_line_breaks_stays_one_line():
    assert event_text(("job", {"name": "a\nb"})).count("\n") == 3
