import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.data.augment import (
    LARGEST_PATCH,
    SMALLEST_PATCH,
    Augmentation,
    Moves,
    apply_affines,
    apply_moves,
    draw_affines,
    draw_moves,
    draw_patches,
    move_images,
)
from ferfusion.errors import ConfigError

SIZE = 48
EVERYTHING = Augmentation(turn=20, shift=0.1)


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
    torch.testing.assert_close(mirrored, crops.flip(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(motion[:, 0], -flow[:, 0].flip(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(motion[:, 1], flow[:, 1].flip(2), atol=1e-4, rtol=0)


def test_nothing_to_draw_moves_nothing():
    crops, flow = torch.rand(2, 3, SIZE, SIZE), torch.randn(2, 2, SIZE, SIZE)
    still = draw_affines(2, Augmentation(flip=0, zoom=0, shear=0), generator=generator())
    assert torch.equal(still, torch.eye(2, 3).expand(2, 2, 3))
    torch.testing.assert_close(apply_affines(crops, flow, still), (crops, flow), atol=1e-4, rtol=0)


@pytest.mark.parametrize("seed", range(8))
def test_the_turned_flow_still_leads_from_one_frame_to_the_next(seed):
    """A pattern that moves by (u, v) moves, after augmentation, by the augmented flow."""
    u, v = 1.7, -0.9
    affine = draw_affines(1, EVERYTHING, generator=generator(seed))
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
    affine = torch.tensor([[[1.2, 0, 0], [0, 0.8, 0]]])
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


def test_a_shift_moves_by_its_share_of_the_side_and_leaves_the_flow():
    affine = torch.eye(2, 3)[None].clone()
    affine[0, :, 2] = 2 * torch.tensor([0.125, -0.25])  # a side is 2 long: 6 pixels right, 12 up
    crops, flow = apply_affines(pattern(), uniform_flow(2.0, 1.0), affine)
    torch.testing.assert_close(middle(crops), middle(pattern((6.0, -12.0))), atol=1e-4, rtol=0)
    torch.testing.assert_close(flow, uniform_flow(2.0, 1.0))


def test_a_quarter_turn_takes_right_to_down():
    crops, flow = torch.rand(1, 3, SIZE, SIZE), uniform_flow(2.0, 1.0)
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0]]])
    turned, motion = apply_affines(crops, flow, quarter)
    torch.testing.assert_close(turned, crops.rot90(-1, (2, 3)), atol=1e-4, rtol=0)
    torch.testing.assert_close(motion, uniform_flow(-1.0, 2.0))


def test_turns_and_shifts_stay_within_what_was_asked():
    maps = draw_affines(500, Augmentation(0, 0, 0, turn=30, shift=0.1), generator=generator())
    angles = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    assert 25 < float(angles.abs().max()) * 180 / math.pi <= 30
    assert 0.19 < float(maps[:, :, 2].abs().max()) <= 0.2
    torch.testing.assert_close(torch.linalg.det(maps[:, :, :2]), torch.ones(500))


def test_patches_lie_inside_and_come_as_often_as_asked():
    patches = draw_patches(2000, Augmentation(cover=0.3), generator=generator())
    covers = patches.any(1)
    assert 0.25 < float(covers.float().mean()) < 0.35
    sides = (patches[:, 2:] - patches[:, :2])[covers]
    assert float(patches.min()) >= 0
    assert float(patches.max()) <= 1
    assert float(sides.min()) >= SMALLEST_PATCH - 1e-6
    assert float(sides.max()) <= LARGEST_PATCH + 1e-6


def test_a_patch_has_the_mean_colour_and_is_still():
    crops, flow = torch.rand(1, 3, SIZE, SIZE), torch.randn(1, 2, SIZE, SIZE)
    patch = torch.tensor([[0.25, 0.5, 0.5, 0.75]])
    covered, motion = apply_moves(crops, flow, Moves(torch.eye(2, 3)[None], patch))
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[24:36, 12:24] = True
    mean = crops.mean((2, 3))[0]
    torch.testing.assert_close(covered[0, :, inside], mean[:, None].expand(-1, 144), atol=1e-4, rtol=0)
    torch.testing.assert_close(covered[0, :, ~inside], crops[0, :, ~inside], atol=1e-4, rtol=0)
    assert not motion[0, :, inside].any()
    torch.testing.assert_close(motion[0, :, ~inside], flow[0, :, ~inside], atol=1e-4, rtol=0)


def test_windows_are_moved_as_their_pair_is():
    crops, flow = torch.rand(3, 3, SIZE, SIZE), torch.zeros(3, 2, SIZE, SIZE)
    moves = draw_moves(3, Augmentation(turn=20, shift=0.1, cover=1.0), generator=generator())
    windows = move_images(torch.cat([crops, crops], 1), moves)
    moved, _ = apply_moves(crops, flow, moves)
    torch.testing.assert_close(windows, torch.cat([moved, moved], 1), atol=1e-5, rtol=0)


def test_moves_of_some_samples_are_theirs():
    moves = draw_moves(5, Augmentation(cover=1.0), generator=generator())
    some = moves.of(slice(1, 3), device=torch.device("cpu"))
    assert torch.equal(some.affines, moves.affines[1:3])
    assert torch.equal(some.patches, moves.patches[1:3])


@pytest.mark.parametrize(
    "setting",
    [{"flip": 1.1}, {"zoom": 1.0}, {"shear": -0.1}, {"turn": 181}, {"shift": 1.0}, {"cover": -0.1}],
)
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Augmentation(**setting)
