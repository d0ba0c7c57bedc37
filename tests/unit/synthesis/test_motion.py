"""True flow on a mesh whose motion can be worked out by hand: a flat square before the camera."""

from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
from safetensors.numpy import load_file

from ferfusion.synthesis.head import Material
from ferfusion.synthesis.motion import true_flow

SIZE, FOCAL_PX, DISTANCE_M, HALF_M = 48, 100.0, 1.0, 0.15  # of the portrait in conftest.py


def decode(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def test_true_flow_of_a_step_aside_is_focal_length_over_distance(portrait):
    moved = portrait.neutral_m + np.array([0.02, 0, -0.01], np.float32)
    flow, mask = true_flow(portrait, np.stack([portrait.neutral_m, moved]))
    assert flow.shape == (1, 2, SIZE, SIZE)
    assert flow.dtype == np.float16
    assert mask.sum() == round(2 * HALF_M * FOCAL_PX / DISTANCE_M) ** 2
    np.testing.assert_allclose(flow[0, 0][mask[0]], 2.0, atol=2e-3)
    np.testing.assert_allclose(flow[0, 1][mask[0]], 1.0, atol=2e-3)
    assert not flow[0, :, ~mask[0]].any()


def test_true_flow_of_a_step_nearer_grows_from_the_centre(portrait):
    nearer = portrait.neutral_m - np.array([0, 0.1, 0], np.float32)
    flow, mask = true_flow(portrait, np.stack([portrait.neutral_m, nearer]))
    growth = DISTANCE_M / (DISTANCE_M - 0.1) - 1
    rows, columns = np.nonzero(mask[0])
    middle = (SIZE - 1) / 2
    np.testing.assert_allclose(flow[0, 0, rows, columns], growth * (columns - middle), atol=2e-3)
    np.testing.assert_allclose(flow[0, 1, rows, columns], growth * (rows - middle), atol=2e-3)


def test_true_flow_of_a_still_face_is_zero(portrait):
    flow, _ = true_flow(portrait, np.stack([portrait.neutral_m] * 3))
    np.testing.assert_allclose(flow, 0, atol=1e-3)


def test_true_flow_mask_leaves_out_hair_neck_and_back_of_the_head(portrait):
    still = np.stack([portrait.neutral_m] * 2)
    hair = replace(portrait, materials=np.full(len(portrait.corners), Material.HAIR, np.uint8))
    assert not true_flow(hair, still)[1].any()
    for place in ((0, -12, 58), (0, 2, 70)):
        elsewhere = np.tile(np.array(place, np.float32), (len(portrait.neutral_m), 1))
        head = replace(portrait.head, template_cm=elsewhere)
        assert not true_flow(replace(portrait, head=head), still)[1].any()


@pytest.mark.slow
def test_true_flow_carries_the_next_frame_back_onto_this_one(rendered_corpus, rendered_recipe):
    """Warped back by the true flow, frame t+1 is nearer to frame t than by less or more of it, or by none."""
    errors: dict[float, list[float]] = {share: [] for share in (0.0, 0.5, 1.0, 1.5)}
    columns, rows = np.meshgrid(np.arange(rendered_recipe.size), np.arange(rendered_recipe.size))
    for path in sorted(rendered_corpus.rglob("*.mp4")):
        truth = load_file(
            rendered_corpus / "truth" / "flow" / path.relative_to(rendered_corpus).with_suffix(".safetensors")
        )
        images = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in decode(path)]
        for t, mask in enumerate(truth["face_mask"]):
            u, v = truth["flow"][t].astype(np.float64)
            inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            if np.hypot(u, v)[inner].mean() < 0.4:  # too little to tell from the blur of interpolation
                continue
            for share, found in errors.items():
                x, y = (columns + share * u).astype(np.float32), (rows + share * v).astype(np.float32)
                warped = cv2.remap(images[t + 1], x, y, cv2.INTER_CUBIC)
                found.append(np.abs(warped - images[t])[inner].mean())
    assert len(errors[1.0]) >= 10
    mean = {share: float(np.mean(found)) for share, found in errors.items()}
    assert mean[1.0] < 0.6 * mean[0.0]
    assert mean[1.0] < 0.85 * min(mean[0.5], mean[1.5])
