import numpy as np
import pytest
import torch

from ferfusion.data.augment import Transforms
from ferfusion.data.inputs import model_inputs, window_inputs
from ferfusion.errors import ConfigError
from ferfusion.flow.encodings import encode_uvm


@pytest.fixture
def stored():
    """Crops and flow of three pairs, as a reader returns them."""
    rng = np.random.default_rng(0)
    return (
        rng.integers(0, 256, (3, 48, 48, 3), np.uint8),
        rng.normal(0, 1, (3, 2, 48, 48)).astype(np.float16),
    )


def test_model_inputs_are_scaled_faces_and_encoded_flow_in_channels_last_order(stored):
    crops, flow = stored
    spatial, encoded = model_inputs(crops, flow, flow_encoding="uvm")
    np.testing.assert_allclose(spatial.numpy().transpose(0, 2, 3, 1) * 255, crops, atol=1e-4)
    np.testing.assert_allclose(encoded.numpy(), encode_uvm(flow), atol=1e-6)
    assert spatial.is_contiguous(memory_format=torch.channels_last)
    assert encoded.is_contiguous(memory_format=torch.channels_last)


def test_model_inputs_refuse_an_unknown_encoding(stored):
    with pytest.raises(ConfigError, match="Unknown flow encoding 'uvn'"):
        model_inputs(*stored, flow_encoding="uvn")


def test_model_inputs_transform_the_flow_before_it_is_encoded(stored):
    mirror = Transforms(torch.diag(torch.tensor([-1.0, 1, 1]))[:2].expand(3, 2, 3), torch.zeros(3, 4))
    _, encoded = model_inputs(*stored, flow_encoding="uvm", transforms=mirror)
    _, plain = model_inputs(*stored, flow_encoding="uvm")
    # the law holds up to the interpolation of a mirror that maps pixel centres to pixel centres
    torch.testing.assert_close(encoded[:, 0], 1 - plain[:, 0].flip(2), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(encoded[:, 1:], plain[:, 1:].flip(3), atol=1e-5, rtol=1e-5)


def test_window_inputs_are_scaled_windows():
    crops = np.random.default_rng(0).integers(0, 256, (2, 4, 48, 48, 3), np.uint8)
    frames = window_inputs(crops)
    assert frames.shape == (2, 4, 3, 48, 48)
    np.testing.assert_allclose(frames.numpy().transpose(0, 1, 3, 4, 2) * 255, crops, atol=1e-4)


def test_window_inputs_transform_all_crops_of_a_window_alike():
    crops = np.random.default_rng(0).integers(0, 256, (2, 4, 48, 48, 3), np.uint8)
    mirror = torch.diag(torch.tensor([-1.0, 1, 1]))[:2]
    transforms = Transforms(torch.stack([mirror, torch.eye(2, 3)]), torch.zeros(2, 4))
    plain, frames = window_inputs(crops), window_inputs(crops, transforms=transforms)
    torch.testing.assert_close(frames[0], plain[0].flip(-1), atol=1e-5, rtol=0)
    torch.testing.assert_close(frames[1], plain[1], atol=1e-5, rtol=0)
