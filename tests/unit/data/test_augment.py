import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.data.augment import (
    MAX_PATCH,
    MIN_PATCH,
    Transforms,
    apply_affines,
    apply_transforms,
    sample_affines,
    sample_patches,
    sample_transforms,
    transform_images,
)
from ferfusion.data.recipe import Augmentation

SIZE = 48
EVERYTHING = Augmentation(rotate=20, translate=0.1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pattern(offset_xy=(0.0, 0.0)):
    """A smooth image (1, 3, S, S), translated by an offset in pixels."""
    place = torch.arange(SIZE) - (SIZE - 1) / 2
    y, x = torch.meshgrid(place - offset_xy[1], place - offset_xy[0], indexing="ij")
    return torch.stack([torch.sin(x / 5), torch.cos(y / 6), torch.sin((x + 2 * y) / 9)])[None]


def uniform_flow(u, v):
    return torch.tensor([u, v]).view(1, 2, 1, 1).expand(1, 2, SIZE, SIZE)


def middle(images, margin=12):
    return images[..., margin:-margin, margin:-margin]


def test_affine_mirror_flips_the_face_and_negates_u():
    crops, flow = torch.rand(2, 3, SIZE, SIZE), torch.randn(2, 2, SIZE, SIZE)
    mirrors = sample_affines(2, Augmentation(flip=1, zoom=0, shear=0), generator=generator())
    mirrored, motion = apply_affines(crops, flow, mirrors)
    torch.testing.assert_close(mirrored, crops.flip(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(motion[:, 0], -flow[:, 0].flip(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(motion[:, 1], flow[:, 1].flip(2), atol=1e-4, rtol=0)


def test_sample_affines_of_no_range_is_the_identity():
    crops, flow = torch.rand(2, 3, SIZE, SIZE), torch.randn(2, 2, SIZE, SIZE)
    still = sample_affines(2, Augmentation(flip=0, zoom=0, shear=0), generator=generator())
    assert torch.equal(still, torch.eye(2, 3).expand(2, 2, 3))
    torch.testing.assert_close(apply_affines(crops, flow, still), (crops, flow), atol=1e-4, rtol=0)


@pytest.mark.parametrize("seed", range(8))
def test_affine_flow_still_leads_from_one_frame_to_the_next(seed):
    """A pattern that moves by (u, v) moves, after augmentation, by the augmented flow."""
    u, v = 1.7, -0.9
    affine = sample_affines(1, EVERYTHING, generator=generator(seed))
    first, flow = apply_affines(pattern(), uniform_flow(u, v), affine)
    second, _ = apply_affines(pattern((u, v)), uniform_flow(u, v), affine)
    # read the second frame where the flow of each pixel of the first one leads
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    places = torch.stack([x, y], -1)[None] + flow.permute(0, 2, 3, 1)
    led_to = torch.nn.functional.grid_sample(second, (places + 0.5) * 2 / SIZE - 1, align_corners=False)
    torch.testing.assert_close(middle(led_to), middle(first), atol=0.02, rtol=0)
    # the flow before the transform would not have led there
    assert not torch.allclose(flow[0, :, 24, 24], torch.tensor([u, v]), atol=0.01)


def test_affine_zoom_scales_motion():
    affine = torch.tensor([[[1.2, 0, 0], [0, 0.8, 0]]])
    crops, flow = apply_affines(pattern(), uniform_flow(2.0, 1.0), affine)
    torch.testing.assert_close(flow[0, :, 10, 10], torch.tensor([2.4, 0.8]))
    # what was 10 pixels to the right of the centre's pixel is now 12 to its right
    place = (SIZE - 1) / 2
    was = pattern()[0, 0, 20, 33]
    now = crops[0, 0, 20, round(place + 1.2 * (33 - place))]
    assert float(now) == pytest.approx(float(was), abs=0.1)


@given(seed=st.integers(0, 2**31), zoom=st.floats(0, 0.9), shear=st.floats(0, 0.9))
def test_sample_affines_stays_within_zoom_and_shear(seed, zoom, shear):
    maps = sample_affines(64, Augmentation(flip=0.5, zoom=zoom, shear=shear), generator=generator(seed))
    scale_x, scale_y = maps[:, 0, 0].abs(), maps[:, 1, 1]
    tolerance = 1e-5
    for scale in (scale_x, scale_y):
        assert float(scale.min()) >= 1 - zoom - tolerance
        assert float(scale.max()) <= 1 + zoom + tolerance
    assert float((maps[:, 0, 1] / scale_y).abs().max()) <= shear + tolerance
    assert not maps[:, 1, 0].any()


def test_sample_affines_mirrors_half_and_follows_from_the_generator():
    maps = sample_affines(2000, Augmentation(), generator=generator(1))
    # the share of 2000 has a standard deviation of 0.011: the bounds are 4.5 of them
    assert 0.45 < float((maps[:, 0, 0] < 0).float().mean()) < 0.55
    assert torch.equal(maps, sample_affines(2000, Augmentation(), generator=generator(1)))
    assert not torch.equal(maps, sample_affines(2000, Augmentation(), generator=generator(2)))


def test_affine_translation_is_a_share_of_the_side_and_keeps_the_flow():
    affine = torch.eye(2, 3)[None].clone()
    affine[0, :, 2] = 2 * torch.tensor([0.125, -0.25])  # a side is 2 long: 6 pixels right, 12 up
    crops, flow = apply_affines(pattern(), uniform_flow(2.0, 1.0), affine)
    torch.testing.assert_close(middle(crops), middle(pattern((6.0, -12.0))), atol=1e-4, rtol=0)
    torch.testing.assert_close(flow, uniform_flow(2.0, 1.0))


def test_affine_rotation_by_a_quarter_maps_right_to_down():
    crops, flow = torch.rand(1, 3, SIZE, SIZE), uniform_flow(2.0, 1.0)
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0]]])
    rotated, motion = apply_affines(crops, flow, quarter)
    torch.testing.assert_close(rotated, crops.rot90(-1, (2, 3)), atol=1e-4, rtol=0)
    torch.testing.assert_close(motion, uniform_flow(-1.0, 2.0))


def test_sample_affines_stays_within_the_ranges():
    maps = sample_affines(
        500, Augmentation(flip=0, zoom=0, shear=0, rotate=30, translate=0.1), generator=generator()
    )
    angles = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    # the largest of 500 uniform draws from (-30, 30) is below 25 with a probability of (5/6)^500
    assert 25 < float(angles.abs().max()) * 180 / math.pi <= 30
    assert 0.19 < float(maps[:, :, 2].abs().max()) <= 0.2
    torch.testing.assert_close(torch.linalg.det(maps[:, :, :2]), torch.ones(500))


def test_sample_patches_lie_inside_with_the_given_probability():
    patches = sample_patches(2000, Augmentation(random_erasing=0.3), generator=generator())
    is_erased = patches.any(1)
    # the share of 2000 has a standard deviation of 0.010: the bounds are 5 of them
    assert 0.25 < float(is_erased.float().mean()) < 0.35
    sides = (patches[:, 2:] - patches[:, :2])[is_erased]
    assert float(patches.min()) >= 0
    assert float(patches.max()) <= 1
    assert float(sides.min()) >= MIN_PATCH - 1e-6
    assert float(sides.max()) <= MAX_PATCH + 1e-6


def test_erased_patch_has_the_mean_colour_and_no_flow():
    crops, flow = torch.rand(1, 3, SIZE, SIZE), torch.randn(1, 2, SIZE, SIZE)
    patch = torch.tensor([[0.25, 0.5, 0.5, 0.75]])
    erased, motion = apply_transforms(crops, flow, Transforms(torch.eye(2, 3)[None], patch))
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[24:36, 12:24] = True
    mean = crops.mean((2, 3))[0]
    torch.testing.assert_close(erased[0, :, inside], mean[:, None].expand(-1, 144), atol=1e-4, rtol=0)
    torch.testing.assert_close(erased[0, :, ~inside], crops[0, :, ~inside], atol=1e-4, rtol=0)
    assert not motion[0, :, inside].any()
    torch.testing.assert_close(motion[0, :, ~inside], flow[0, :, ~inside], atol=1e-4, rtol=0)


def test_transform_images_transforms_windows_as_their_pair():
    crops, flow = torch.rand(3, 3, SIZE, SIZE), torch.zeros(3, 2, SIZE, SIZE)
    transforms = sample_transforms(
        3, Augmentation(rotate=20, translate=0.1, random_erasing=1.0), generator=generator()
    )
    windows = transform_images(torch.cat([crops, crops], 1), transforms)
    warped, _ = apply_transforms(crops, flow, transforms)
    torch.testing.assert_close(windows, torch.cat([warped, warped], 1), atol=1e-5, rtol=0)


def test_transforms_of_some_samples_are_theirs():
    transforms = sample_transforms(5, Augmentation(random_erasing=1.0), generator=generator())
    some = transforms.of(slice(1, 3), device=torch.device("cpu"))
    assert torch.equal(some.affines, transforms.affines[1:3])
    assert torch.equal(some.patches, transforms.patches[1:3])
