from threading import Thread

import pytest
import torch

from ferfusion.models.random_state import borrowed_random_state


def test_borrowed_random_state_is_restored():
    state = torch.random.get_rng_state()
    with borrowed_random_state():
        torch.manual_seed(7)
        torch.rand(5)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_borrowed_random_state_is_restored_after_an_exception():
    state = torch.random.get_rng_state()
    with pytest.raises(RuntimeError, match="shape"), borrowed_random_state():
        torch.rand(5).view(2, 2)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_borrowed_random_state_is_the_state_of_before_inside_the_block_too():
    with borrowed_random_state():
        first = torch.rand(3)
    with borrowed_random_state(), borrowed_random_state():
        assert torch.equal(torch.rand(3), first)


def test_borrowed_random_state_is_used_by_one_thread_at_a_time():
    started = []

    def borrow():
        with borrowed_random_state():
            started.append(True)

    other = Thread(target=borrow)
    with borrowed_random_state():
        other.start()
        other.join(timeout=0.2)
        assert not started
    other.join()
    assert started
