"""Videos that show only the face: the whole image is the box."""

import numpy as np
import pytest

from ferfusion.faces.detectors import DETECTORS, search_everywhere, search_near
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.scenes import frames_of, paint


@pytest.mark.parametrize("size", [(48, 48), (1080, 1920), (37, 21), (541, 963)])
def test_none_returns_the_whole_image_to_the_pixel(size):
    detector, luma = DETECTORS["none"](), np.full(size, 99, np.uint8)
    whole = [0, 0, size[1], size[0]]
    [found] = search_everywhere(detector, luma, wanted_px=5)
    assert found.box == pytest.approx(whole)
    assert search_near(detector, luma, found.box).box.tolist() == whole


def test_none_leaves_crops_of_the_right_size_unchanged():
    rng = np.random.default_rng(0)
    images = [rng.integers(16, 36, (48, 48), np.uint8) for _ in range(12)]
    frames = list(FramePreparer(PrepareRecipe(detector="none")).prepare(frames_of(images)))
    assert [frame.status for frame in frames] == ["ok"] * 12
    for image, frame in zip(images, frames, strict=True):
        [face] = frame.faces
        assert np.array_equal(face.luma, image)
        assert face.box == pytest.approx([0, 0, 48, 48])
        assert (face.track, face.score) == (0, 1.0)


def test_none_keeps_all_of_an_image_that_is_not_square():
    image = paint([(40, 20, 30)], height=60, width=100)
    [frame, *_] = FramePreparer(PrepareRecipe(detector="none")).prepare(frames_of([image] * 6))
    [face] = frame.faces
    assert face.box == pytest.approx([0, -20, 100, 100])
    assert np.array_equal(face.luma[0], face.luma[8])  # the border is repeated


def test_none_finds_a_face_in_each_image_of_the_shortest_scenes():
    images = [np.full((48, 48), level, np.uint8) for level in (20, 200, 200, 20, 200, 20, 20, 20)]
    frames = FramePreparer(PrepareRecipe(detector="none")).prepare(frames_of(images))
    assert [(frame.status, len(frame.faces)) for frame in frames] == [("ok", 1)] * 8
