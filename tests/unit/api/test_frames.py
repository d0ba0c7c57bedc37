import numpy as np
import pytest

import ferfusion as fer


@pytest.fixture(scope="module")
def clip(sample_corpus):
    return sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"


def test_frame_at_is_the_one_that_is_shown(clip):
    first, later = fer.frame_at(clip), fer.frame_at(clip, 0.52)
    assert first.shape == later.shape == (176, 176, 3)
    assert not np.array_equal(first, later)
    assert np.array_equal(later, fer.frame_at(clip, 0.53))


def test_frame_after_the_end_is_refused(clip):
    with pytest.raises(fer.VideoError, match="shows no frame at 100 s"):
        fer.frame_at(clip, 100)


def test_explained_frame_has_the_face_and_its_map(clip, model):
    image = fer.explain_frame(clip, 0.5, model=model)
    assert image.shape == (192, 384, 3)
    near = fer.explain_frame(clip, 0.5, box=(40, 40, 90, 90), model=model)
    assert np.array_equal(image, near)


def test_frame_without_a_face_is_not_explained(tmp_path, model):
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(fer.VideoError, match="has no face"):
        fer.explain_frame(tmp_path / "a.png", model=model)
    with pytest.raises(fer.ConfigError, match="box must be"):
        fer.explain_frame(tmp_path / "a.png", box=(1, 2), model=model)  # type: ignore[arg-type]
