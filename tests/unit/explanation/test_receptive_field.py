import pytest
import torch
from torch import nn

from ferfusion.explanation.receptive_field import Cells, cells_of, over_all, place
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model


def stretched(*, size, side):
    return over_all(nn.Identity(), nn.Identity(), size=size, side=side)


def looked_at(stream, layer, *, cell, size=48):
    """The pixels of one row that a place of a map depends on, from first to last, by asking the gradient."""
    found = {}
    handle = layer.register_forward_hook(lambda _layer, _inputs, output: found.update(map=output))
    image = torch.rand(16, 3, size, size, requires_grad=True)
    stream(image)
    handle.remove()
    found["map"][:, :, cell, cell].square().sum().backward()
    rows = image.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    return int(rows[0]), int(rows[-1])


@pytest.mark.parametrize("name", ["pool2", "conv5"])
def test_places_lie_in_the_middle_of_what_they_look_at(name):
    # values as they are: standardised ones depend on the whole picture
    config = ModelConfig(architecture="spatial", input_scaling="unit", head_units=16)
    stream = build_model(config, 6).spatial_stream
    layer = getattr(stream, name)
    side = {"pool2": 7, "conv5": 3}[name]
    cells = cells_of(stream, layer, size=48, side=side)
    for cell in range(side):
        first, last = looked_at(stream, layer, cell=cell)
        assert (first + last) / 2 == pytest.approx(cells.first_px + cell * cells.step_px)


def test_a_padded_network_is_stretched_over_the_picture():
    stream = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2))
    assert cells_of(stream, stream, size=48, side=12) == stretched(size=48, side=12) == Cells(1.5, 4)


def test_what_is_called_in_between_unseen_is_not_guessed_at():
    stream = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3))
    assert cells_of(stream, stream, size=48, side=22) == stretched(size=48, side=22)


def test_a_place_keeps_its_value_at_the_pixel_that_it_looks_at():
    maps = torch.rand(2, 1, 7, 7)
    placed = place(maps, Cells(10, 4), size=48)
    at = torch.arange(7) * 4 + 10
    torch.testing.assert_close(placed[:, :, at][..., at], maps)
    torch.testing.assert_close(placed[0, 0, :2, :2], maps[0, 0, :1, :1].expand(2, 2))


def test_rows_are_rows_and_columns_columns():
    maps = torch.zeros(1, 1, 3, 3)
    maps[0, 0, 0, 2] = 1  # above, on the right
    peak = int(place(maps, Cells(18, 4), size=48)[0, 0].argmax())
    assert peak // 48 <= 18
    assert peak % 48 >= 26


def test_a_map_of_one_place_is_the_same_everywhere():
    assert torch.equal(
        place(torch.full((1, 2, 1, 1), 3.0), stretched(size=8, side=1), size=8), torch.full((1, 2, 8, 8), 3.0)
    )
