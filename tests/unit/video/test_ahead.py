import threading
import time

import pytest

from ferfusion.video.ahead import ahead


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 100])
def test_ahead_yields_every_item_in_order(count):
    assert list(ahead(range(count))) == list(range(count))


def test_ahead_takes_at_most_16_items_more_in_another_thread():
    taken, threads = [], set()

    def items():
        for number in range(100):
            taken.append(number)
            threads.add(threading.get_ident())
            yield number

    for number in ahead(items()):
        time.sleep(0.001)
        # the chunk of eight that this item is in, and two chunks after it
        assert len(taken) <= number // 8 * 8 + 24
    assert threads.isdisjoint({threading.get_ident()})


def test_ahead_raises_an_error_after_the_chunks_before_it():
    def items():
        yield from range(10)
        raise ValueError("damaged")

    seen: list[int] = []
    with pytest.raises(ValueError, match="damaged"):
        seen.extend(ahead(items()))
    assert seen == list(range(8))


def test_ahead_ends_a_chunk_where_its_items_together_have_the_weight_1():
    taken: list[int] = []

    def items():
        for number in range(20):
            taken.append(number)
            yield number

    for number in ahead(items(), weight=lambda number: 0.5):
        time.sleep(0.001)
        assert len(taken) <= number // 2 * 2 + 6  # the chunk of two, and two chunks after it
    assert taken == list(range(20))
