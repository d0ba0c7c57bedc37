import pytest
import torch
from torch.nn import functional as F

from ferfusion.models.dropout import Dropout, set_generator

X = torch.rand(64, 256, generator=torch.Generator().manual_seed(0)) + 0.5


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_dropout_drops_the_values_that_torchs_own_layer_drops(rate):
    layer = Dropout(rate)
    set_generator(layer, torch.Generator().manual_seed(5))
    with torch.random.fork_rng():
        torch.manual_seed(5)
        expected = [F.dropout(X, rate, training=True) for _ in range(2)]
        torch.manual_seed(77)  # has no effect
        assert all(torch.equal(layer(X), one) for one in expected)


def test_dropout_with_a_generator_keeps_the_global_random_state():
    layer, before = Dropout(0.3), torch.get_rng_state()
    set_generator(layer, torch.Generator().manual_seed(1))
    layer(X)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_drops_nothing_in_evaluation_and_at_a_rate_of_0():
    assert Dropout(0.5).eval()(X) is X
    assert Dropout(0.0)(X) is X


def test_dropout_has_gradients_of_the_kept_values_alone():
    layer, x = Dropout(0.5), X.clone().requires_grad_()
    set_generator(layer, torch.Generator().manual_seed(2))
    kept = layer(x)
    kept.sum().backward()
    assert torch.equal(x.grad, (kept != 0) * 2.0)
