import base64
import io

import av
import numpy as np
import pytest
from PIL import Image

import ferfusion as fer
from ferfusion.app.camera import Camera, decoded
from ferfusion.errors import ConfigError


@pytest.fixture(scope="module")
def camera():
    return Camera(fer.load_model())


def jpeg(image, **settings):
    file = io.BytesIO()
    Image.fromarray(image).save(file, **{"format": "JPEG", **settings})
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def images(clip):
    return [frame.to_ndarray(format="rgb24") for frame in av.open(str(clip)).decode(video=0)]


def test_camera_answers_an_image_with_the_faces_of_the_one_before(camera, images):
    answers = [camera.read(index / 25, image) for index, image in enumerate(images[:12])]
    assert answers[0]["faces"] is None
    assert [answer["seconds"] for answer in answers[1:]] == pytest.approx(np.arange(11) / 25)
    face = answers[-1]["faces"][0]
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert list(face["probabilities"]) == answers[-1]["classes"] == list(answers[-1]["colours"])
    middle = face["x"] + face["w"] / 2, face["y"] + face["h"] / 2
    assert middle == pytest.approx((88, 88), abs=20)


@pytest.mark.parametrize("change", ["size", "time"])
def test_camera_begins_again_where_size_or_time_jump(camera, images, change):
    camera.read(100.0, images[0])
    image, seconds = (images[1][:90], 100.1) if change == "size" else (images[1], 1.0)
    assert camera.read(seconds, image)["faces"] is None
    assert camera.read(seconds + 0.1, image)["faces"] is not None


def test_decoded_returns_the_image_that_was_sent(images):
    assert decoded(jpeg(images[0], quality=95)).astype(int) == pytest.approx(images[0].astype(int), abs=60)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("", "must be a JPEG file"),
        ("no base64!", "must be a JPEG file"),
        (base64.b64encode(b"GIF89a").decode(), "must be a JPEG file"),
        (jpeg(np.zeros((8, 8, 3), np.uint8), format="PNG"), "must be a JPEG file"),
        (jpeg(np.zeros((8, 8, 3), np.uint8))[:80], "must be a JPEG file"),
        (jpeg(np.zeros((8, 1300, 3), np.uint8)), "at most 1280 pixels a side, got 1300x8"),
    ],
)
def test_decoded_refuses_what_is_no_small_jpeg(sent, words):
    with pytest.raises(ConfigError, match=words):
        decoded(sent)
