from typing import Any

import pytest
import torch
from torch import nn

from ferfusion.explanation.receptive_field import Centres, field_centres, stretched_centres, upsample
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig


def stretched(*, size, side):
    return stretched_centres(nn.Identity(), nn.Identity(), image_px=size, map_side=side)


def looked_at(stream, layer, *, index, size=48):
    """The first and the last pixel of a row that a location of a map depends on, by the gradient."""
    found: dict[str, torch.Tensor] = {}
    handle = layer.register_forward_hook(lambda _layer, _inputs, output: found.update(map=output))
    image = torch.rand(16, 3, size, size, requires_grad=True)
    stream(image)
    handle.remove()
    found["map"][:, :, index, index].square().sum().backward()
    rows = image.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    return int(rows[0]), int(rows[-1])


@pytest.mark.parametrize("name", ["pool2", "conv5"])
def test_field_centres_are_in_the_middle_of_the_receptive_fields(name):
    # unit scaling: standardised values depend on the whole image
    config = ModelConfig(architecture="spatial", input_scaling="unit", head_units=16)
    stream: Any = build_model(config, 6).spatial_stream
    layer = getattr(stream, name)
    side = {"pool2": 7, "conv5": 3}[name]
    centres = field_centres(stream, layer, image_px=48, map_side=side)
    for index in range(side):
        first, last = looked_at(stream, layer, index=index)
        assert (first + last) / 2 == pytest.approx(centres.first_px + index * centres.step_px)


def test_field_centres_of_a_padded_network_are_stretched():
    stream = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2))
    assert (
        field_centres(stream, stream, image_px=48, map_side=12)
        == stretched(size=48, side=12)
        == Centres(1.5, 4)
    )


def test_field_centres_are_stretched_where_the_map_has_another_size():
    stream = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3))
    assert field_centres(stream, stream, image_px=48, map_side=22) == stretched(size=48, side=22)


def test_upsample_keeps_the_value_at_each_centre():
    maps = torch.rand(2, 1, 7, 7)
    placed = upsample(maps, Centres(10, 4), image_px=48)
    at = torch.arange(7) * 4 + 10
    torch.testing.assert_close(placed[:, :, at][..., at], maps)
    torch.testing.assert_close(placed[0, 0, :2, :2], maps[0, 0, :1, :1].expand(2, 2))


def test_upsample_keeps_rows_and_columns_apart():
    maps = torch.zeros(1, 1, 3, 3)
    maps[0, 0, 0, 2] = 1  # above, on the right
    peak = int(upsample(maps, Centres(18, 4), image_px=48)[0, 0].argmax())
    assert peak // 48 <= 18
    assert peak % 48 >= 26


def test_upsample_computes_on_the_device_of_the_maps():
    # meta refuses a tensor of the processor, as a GPU does
    maps = torch.empty(2, 1, 3, 3, device="meta")
    assert upsample(maps, Centres(18, 4), image_px=48).device == maps.device


def test_upsample_of_one_location_is_constant():
    assert torch.equal(
        upsample(torch.full((1, 2, 1, 1), 3.0), stretched(size=8, side=1), image_px=8),
        torch.full((1, 2, 8, 8), 3.0),
    )
