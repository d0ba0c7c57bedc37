import math
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from ferfusion.flow.encodings import FLOW_ENCODINGS, encode_hsv, encode_hsv_fixed, encode_uvm


@pytest.fixture
def flow():
    rng = np.random.default_rng(0)
    return rng.normal(0, 2, (3, 2, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("encoding", FLOW_ENCODINGS)
def test_encodings_are_the_same_in_numpy_and_torch_and_in_the_unit_range(encoding, flow):
    encode = FLOW_ENCODINGS[encoding]
    image = encode(flow)
    assert image.shape == (3, 3, 16, 16)
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() <= 1
    np.testing.assert_allclose(encode(torch.from_numpy(flow)).numpy(), image, atol=2e-6)


@pytest.mark.parametrize("encoding", FLOW_ENCODINGS)
def test_encodings_read_float16(encoding, flow):
    encode = FLOW_ENCODINGS[encoding]
    half = flow.astype(np.float16)
    assert encode(half).dtype == np.float32
    np.testing.assert_allclose(encode(half), encode(half.astype(np.float32)))


def drawn_by_opencv(flow_2hw):
    """The usual colours of flow, by OpenCV's float conversion: H in degrees, S and V from 0 to 1."""
    magnitude, degrees = cv2.cartToPolar(flow_2hw[0], flow_2hw[1], angleInDegrees=True)
    value = cv2.normalize(magnitude, None, 0, 1, cv2.NORM_MINMAX)
    hsv = np.stack([degrees, np.ones_like(value), value], axis=2)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).transpose(2, 0, 1)


def test_hsv_is_the_conversion_of_opencv(flow):
    expected = np.stack([drawn_by_opencv(one) for one in flow])
    # cartToPolar's direction has an error of up to 0.3 degrees, which is 0.005 of a colour
    np.testing.assert_allclose(encode_hsv(flow), expected, atol=0.006)


def test_hsv_is_the_eight_bit_conversion_to_its_rounding(flow):
    magnitude, radians = cv2.cartToPolar(flow[0, 0], flow[0, 1])
    hsv = np.full((16, 16, 3), 255, np.uint8)
    hsv[..., 0] = radians * 180 / np.pi / 2
    hsv[..., 2] = cv2.normalize(magnitude, None, 0, 255, cv2.NORM_MINMAX)
    expected = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).transpose(2, 0, 1) / 255
    # its hue has steps of two degrees, which is up to 2 / 60 of a colour, and its value has 256 steps
    np.testing.assert_allclose(encode_hsv(flow)[0], expected, atol=2 / 60 + 2 / 255)


@pytest.mark.parametrize(
    ("u", "v", "red_green_blue"),
    [
        (2, 0, (1, 0, 0)),  # right: red
        (-2, 0, (0, 1, 1)),  # left: cyan
        (0, 2, (0.5, 1, 0)),  # down: hue 90
        (0, -2, (0.5, 0, 1)),  # up: hue 270
        (0, 0, (0, 0, 0)),
    ],
)
def test_hsv_fixed_encodes_direction_as_hue(u, v, red_green_blue):
    flow = np.array([u, v], np.float32).reshape(1, 2, 1, 1)
    np.testing.assert_allclose(encode_hsv_fixed(flow).ravel(), red_green_blue, atol=1e-6)


def test_hsv_scales_each_frame_and_hsv_fixed_does_not(flow):
    np.testing.assert_allclose(encode_hsv(flow), encode_hsv(0.1 * flow), atol=1e-4)
    assert encode_hsv_fixed(0.1 * flow).max() < 0.6


def test_uvm_is_linear_up_to_its_scale_and_clipped_beyond_it():
    flow = np.array([[1, -1], [0.5, 0], [100, -100]], np.float32).reshape(3, 2, 1, 1)
    expected = [[0.75, 0.25, math.sqrt(2) / 2], [0.625, 0.5, 0.25], [1.0, 0.0, 1.0]]
    np.testing.assert_allclose(encode_uvm(flow)[:, :, 0, 0], expected, atol=1e-6)


@pytest.mark.parametrize("encoding", FLOW_ENCODINGS)
def test_encodings_of_a_still_frame_have_no_magnitude_and_no_nan(encoding):
    image = FLOW_ENCODINGS[encoding](np.zeros((1, 2, 4, 4), np.float32))
    expected = {"uvm": [0.5, 0.5, 0], "uv": [0.5, 0.5, 0.5]}.get(encoding, [0, 0, 0])
    assert np.array_equal(image[0, :, 0, 0], expected)


def test_encodings_do_not_import_torch():
    code = "import sys, ferfusion.flow.encodings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
