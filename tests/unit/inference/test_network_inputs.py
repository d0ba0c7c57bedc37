import numpy as np
import pytest
import torch

from ferfusion.data.inputs import model_inputs, window_inputs
from ferfusion.inference.network_inputs import network_inputs, zero_flow
from helpers.bundles import drawn_faces, untrained_bundle


@pytest.mark.parametrize("flow_encoding", ["uvm", "hsv-fixed"])
def test_network_inputs_are_those_of_training(flow_encoding):
    bundle = untrained_bundle(architecture="three-stream-stack", frames=4, flow_encoding=flow_encoding)
    crops, flow, windows = drawn_faces(bundle.model_config, 3)
    spatial, encoded, frames = network_inputs(bundle.info, crops, flow, windows)
    expected = model_inputs(crops, flow, flow_encoding=flow_encoding)
    assert torch.equal(spatial, expected[0])
    assert torch.equal(encoded, expected[1])
    assert torch.equal(frames, window_inputs(windows))


def test_network_inputs_without_flow_are_those_of_no_motion():
    bundle = untrained_bundle(architecture="spatial")
    crops, _, _ = drawn_faces(bundle.model_config, 3)
    without, still = (
        network_inputs(bundle.info, crops, None),
        network_inputs(bundle.info, crops, zero_flow(crops)),
    )
    assert len(without) == 2
    assert all(torch.equal(one, other) for one, other in zip(without, still, strict=True))


def test_no_flow_has_the_size_of_the_crops():
    flow = zero_flow(np.zeros((2, 16, 24, 3), np.uint8))
    assert flow.shape == (2, 2, 16, 24)
    assert not flow.any()
