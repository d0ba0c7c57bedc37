import pytest
import torch
from torch.nn import functional as F

from ferfusion.models.scaling import INPUT_SCALINGS, standardise
from ferfusion.models.small_cnn import SMALL_SHAPES, SmallStream
from ferfusion.models.streams import map_side


def image(batch, size=48, seed=0):
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [48, 49, 50, 63, 64, 96])
def test_map_side_is_what_the_stream_puts_out(size):
    stream = SmallStream(SMALL_SHAPES["listing"], scaling="unit")
    assert stream(image(1, size)).shape[2:] == (map_side("listing", size),) * 2


def test_map_side_leaves_the_random_state_alone():
    state = torch.random.get_rng_state()
    map_side.cache_clear()
    assert map_side("table1", 48) == 3
    assert torch.equal(state, torch.random.get_rng_state())


def test_relu_after_the_max_pool_is_the_reports_relu_before_it():
    stream = SmallStream(SMALL_SHAPES["listing"], scaling="unit")
    before = F.max_pool2d(F.relu(stream.conv1(image(2))), 5, stride=2)
    after = F.relu(stream.pool1(stream.conv1(image(2))))
    assert torch.equal(before, after)


def test_a_standard_image_has_no_mean_and_unit_deviation_whatever_its_light_and_colour():
    standard = standardise(image(2))
    torch.testing.assert_close(standard.mean(dim=(2, 3)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.square().mean(dim=(1, 2, 3)), torch.ones(2))
    tinted = 0.3 * image(2) + torch.tensor([0.1, 0.4, 0.7]).view(3, 1, 1)
    torch.testing.assert_close(standardise(tinted), standard, atol=1e-4, rtol=0)


def test_a_faint_image_is_not_drawn_out_and_a_blank_one_is_zero():
    assert float(standardise(0.5 + 0.001 * image(1)).abs().max()) < 0.1
    assert not standardise(torch.full((1, 3, 48, 48), 0.5)).any()


def test_the_reports_scaling_leaves_the_image_as_it_is():
    one = image(1)
    assert INPUT_SCALINGS["unit"](one) is one
