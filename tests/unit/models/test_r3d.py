"""R3D-18 is torchvision's, but for its classifier.

Its definition (``torchvision/models/video/resnet.py``, loaded by itself) was run beside ours once, with the
same weights, on windows of 3 to 16 crops, in training and evaluation mode: all maps were equal within 0.0002
of values up to 136. What was taken from it is kept: the names and shapes of all tensors
(``tests/data/torchvision_parameters.json``), and its outputs for one window (``OUTPUT``).
"""

import json
from pathlib import Path

import pytest
import torch

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.pretrained import misfit
from ferfusion.models.r3d import R3d18
from helpers.published_weights import drawn_weights

THEIRS = json.loads((Path(__file__).parents[2] / "data" / "torchvision_parameters.json").read_text())["r3d18"]
# the means of the last map's last channels
OUTPUT = (18.2878, 2.7951, 3.47989, 2.02532, 10.1474, 52.9041, 10.1219, 4.1689)


def own_part(tensors):
    return {name: value for name, value in tensors.items() if not name.startswith("fc.")}


def test_r3d18_has_torchvisions_names_shapes_and_number_of_parameters():
    stream = R3d18()
    ours = {name: list(tensor.shape) for name, tensor in stream.state_dict().items()}
    assert list(ours.items()) == list(own_part(THEIRS).items())
    classifier = 512 * 400 + 400
    assert sum(p.numel() for p in stream.parameters()) + classifier == 33_371_472


def test_r3d18_has_torchvisions_output_for_a_window():
    tensors = drawn_weights(THEIRS)
    stream = R3d18().eval()
    assert misfit(tensors, stream) == ""
    stream.load_state_dict(own_part(tensors))
    waves = torch.sin(torch.arange(8 * 3 * 48 * 48, dtype=torch.float64) * 0.37)
    with torch.inference_mode():
        last_map = stream((waves.view(1, 8, 3, 48, 48) / 2 + 0.5).float())
    assert last_map.shape == (1, 512, 3, 3)
    torch.testing.assert_close(last_map.mean((2, 3))[0, -8:], torch.tensor(OUTPUT), rtol=1e-4, atol=1e-3)


def test_r3d18_normalises_by_the_mean_and_deviation_of_kinetics():
    stream = R3d18()
    mean = torch.tensor((0.43216, 0.394666, 0.37645)).view(3, 1, 1).expand(2, 4, 3, 5, 5)
    assert not stream.normalise(mean).any()
    deviation = torch.tensor((0.22803, 0.22145, 0.216989)).view(3, 1, 1)
    torch.testing.assert_close(stream.normalise(mean + deviation), torch.ones_like(mean))


@pytest.mark.parametrize(("frames", "steps"), [(3, 1), (8, 1), (9, 2), (16, 2)])
def test_r3d18_last_map_has_a_position_for_every_eight_crops(frames, steps):
    with torch.device("meta"), torch.inference_mode():
        stream = R3d18().eval()
        shapes = []
        stream.cam_layer.register_forward_hook(lambda *args: shapes.append(tuple(args[-1].shape)))
        stream(torch.empty(1, frames, 3, 112, 112))
    assert shapes == [(1, 512, steps, 7, 7)]


def test_r3d18_trains_at_the_smallest_size_in_a_batch_of_one_and_starts_with_hes_weights():
    config = ModelConfig(architecture="conv3d", stream="r3d18", frames=3, size=R3d18.smallest_size)
    model = build_model(config, 6).train()
    weight = model.conv3d_stream.layer3[0].conv2[0].weight
    assert float(weight.detach().std()) == pytest.approx((2 / weight[0].numel()) ** 0.5, rel=0.01)
    window = torch.rand(1, 3, 3, config.size, config.size)
    model(window[:, -1], window[:, -1], window).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
