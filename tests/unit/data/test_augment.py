import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.data.augment import Augmentation, apply_affines, draw_affines
from ferfusion.errors import ConfigError

SIZE = 48


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pattern(offset_xy=(0.0, 0.0)):
    """A smooth picture (1, 3, S, S), moved by an offset in pixels."""
    place = torch.arange(SIZE) - (SIZE - 1) / 2
    y, x = torch.meshgrid(place - offset_xy[1], place - offset_xy[0], indexing="ij")
    return torch.stack([torch.sin(x / 5), torch.cos(y / 6), torch.sin((x + 2 * y) / 9)])[None]


def uniform_flow(u, v):
    return torch.tensor([u, v]).view(1, 2, 1, 1).expand(1, 2, SIZE, SIZE)


def middle(images, margin=12):
    return images[..., margin:-margin, margin:-margin]


def test_a_mirror_flips_the_face_and_negates_u():
    crops, flow = torch.rand(2, 3, SIZE, SIZE), torch.randn(2, 2, SIZE, SIZE)
    mirrors = draw_affines(2, Augmentation(flip=1, zoom=0, shear=0), generator=generator())
    mirrored, motion = apply_affines(crops, flow, mirrors)
    torch.testing.assert_close(mirrored, crops.flip(3))
    torch.testing.assert_close(motion[:, 0], -flow[:, 0].flip(2))
    torch.testing.assert_close(motion[:, 1], flow[:, 1].flip(2))


def test_nothing_to_draw_moves_nothing():
    crops, flow = torch.rand(2, 3, SIZE, SIZE), torch.randn(2, 2, SIZE, SIZE)
    still = draw_affines(2, Augmentation(flip=0, zoom=0, shear=0), generator=generator())
    assert torch.equal(still, torch.eye(2).expand(2, 2, 2))
    torch.testing.assert_close(apply_affines(crops, flow, still), (crops, flow))


@pytest.mark.parametrize("seed", range(8))
def test_the_turned_flow_still_leads_from_one_frame_to_the_next(seed):
    """A pattern that moves by (u, v) moves, after augmentation, by the augmented flow."""
    u, v = 1.7, -0.9
    affine = draw_affines(1, Augmentation(), generator=generator(seed))
    first, flow = apply_affines(pattern(), uniform_flow(u, v), affine)
    second, _ = apply_affines(pattern((u, v)), uniform_flow(u, v), affine)
    # read the second frame where the flow of each pixel of the first one leads
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    places = torch.stack([x, y], -1)[None] + flow.permute(0, 2, 3, 1)
    led_to = torch.nn.functional.grid_sample(second, (places + 0.5) * 2 / SIZE - 1, align_corners=False)
    torch.testing.assert_close(middle(led_to), middle(first), atol=0.02, rtol=0)
    # and the flow it came with would not have led there
    assert not torch.allclose(flow[0, :, 24, 24], torch.tensor([u, v]), atol=0.01)


def test_a_zoom_makes_motion_larger():
    affine = torch.diag(torch.tensor([1.2, 0.8]))[None]
    crops, flow = apply_affines(pattern(), uniform_flow(2.0, 1.0), affine)
    torch.testing.assert_close(flow[0, :, 10, 10], torch.tensor([2.4, 0.8]))
    # what was 10 pixels to the right of the centre's pixel is now 12 to its right
    place = (SIZE - 1) / 2
    was = pattern()[0, 0, 20, 33]
    now = crops[0, 0, 20, round(place + 1.2 * (33 - place))]
    assert float(now) == pytest.approx(float(was), abs=0.1)


@given(seed=st.integers(0, 2**31), zoom=st.floats(0, 0.9), shear=st.floats(0, 0.9))
def test_drawn_maps_stay_within_what_was_asked(seed, zoom, shear):
    maps = draw_affines(64, Augmentation(flip=0.5, zoom=zoom, shear=shear), generator=generator(seed))
    scale_x, scale_y = maps[:, 0, 0].abs(), maps[:, 1, 1]
    tolerance = 1e-5
    for scale in (scale_x, scale_y):
        assert float(scale.min()) >= 1 - zoom - tolerance
        assert float(scale.max()) <= 1 + zoom + tolerance
    assert float((maps[:, 0, 1] / scale_y).abs().max()) <= shear + tolerance
    assert not maps[:, 1, 0].any()


def test_half_of_many_are_mirrored_and_draws_follow_from_the_generator():
    maps = draw_affines(2000, Augmentation(), generator=generator(1))
    assert 0.45 < float((maps[:, 0, 0] < 0).float().mean()) < 0.55
    assert torch.equal(maps, draw_affines(2000, Augmentation(), generator=generator(1)))
    assert not torch.equal(maps, draw_affines(2000, Augmentation(), generator=generator(2)))


@pytest.mark.parametrize("setting", [{"flip": 1.1}, {"zoom": 1.0}, {"shear": -0.1}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Augmentation(**setting)
