"""VGG and ResNet are torchvision's, but for their classifiers.

Torchvision itself is no dependency. Its definitions (version 0.29.2, ``models/vgg.py`` and
``models/resnet.py``, loaded by themselves) were run beside ours once, with the same weights, at 224 and 97
pixels, in training and evaluation mode: all outputs were equal to the last bit. What was taken from them is
kept: the names and shapes of all parameters (``tests/data/torchvision_parameters.json``), and their outputs
for one image with the weights of ``drawn_weights`` (``OUTPUTS``).
"""

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ferfusion.errors import ConfigError
from ferfusion.models.backbones import BLOCK_SHARE, IMAGENET_DEVIATION, IMAGENET_MEAN, Bottleneck
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.efficientnet import InvertedBlock
from ferfusion.models.streams import BACKBONES, STREAMS
from helpers.published_weights import drawn_weights

THEIRS = json.loads((Path(__file__).parents[2] / "data" / "torchvision_parameters.json").read_text())
FULL_COUNTS = {"vgg16": 138_357_544, "vgg19": 143_667_240, "resnet50": 25_557_032}
# the means of the last map's last channels
OUTPUTS = {
    "vgg16": (1.471474, 4.944294, 1.339886, 0.270211, 0.0, 0.0, 0.308795, 1.237033),
    "vgg19": (0.72295, 0.504869, 1.065192, 3.409343, 0.0, 1.769079, 1.707848, 1.951725),
    "resnet50": (4819.9385, 1492.7744, 1920.5737, 4337.3467, 869.58435, 14316.312, 3955.2734, 0.0),
}


@pytest.fixture(params=BACKBONES)
def name(request):
    return request.param


@pytest.fixture(params=OUTPUTS)
def torchvisions(request):
    return request.param


def make(name):
    return STREAMS[name].make(scaling="standard", in_channels=3)


def own_part(tensors, backbone):
    return {key: value for key, value in tensors.items() if not key.startswith(backbone.classifier_prefix)}


def test_backbones_have_torchvisions_names_and_shapes(torchvisions):
    backbone = make(torchvisions)
    ours = {key: list(tensor.shape) for key, tensor in backbone.state_dict().items()}
    assert list(ours.items()) == list(own_part(THEIRS[torchvisions], backbone).items())


def test_backbones_with_the_classifier_have_torchvisions_parameter_count(torchvisions):
    backbone = make(torchvisions)
    classifier = [
        shape for key, shape in THEIRS[torchvisions].items() if key.startswith(backbone.classifier_prefix)
    ]
    total = sum(p.numel() for p in backbone.parameters()) + sum(torch.Size(s).numel() for s in classifier)
    assert total == FULL_COUNTS[torchvisions]


def test_backbones_have_torchvisions_output_for_an_image(torchvisions):
    backbone = make(torchvisions).eval()
    backbone.load_state_dict(drawn_weights(own_part(THEIRS[torchvisions], backbone)))
    waves = torch.sin(torch.arange(3 * 64 * 64, dtype=torch.float64) * 0.37)
    with torch.inference_mode():
        last_map = backbone((waves.view(1, 3, 64, 64) / 2 + 0.5).float())
    assert last_map.shape == (1, backbone.out_channels, 2, 2)
    torch.testing.assert_close(
        last_map.mean((2, 3))[0, -8:], torch.tensor(OUTPUTS[torchvisions]), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("in_channels", [3, 12])
def test_backbones_normalise_by_imagenets_mean_and_deviation(in_channels):
    backbone = BACKBONES["resnet50"](in_channels=in_channels)
    mean, deviation = (
        torch.tensor(values).repeat(in_channels // 3).view(1, -1, 1, 1).expand(2, -1, 4, 4)
        for values in (IMAGENET_MEAN, IMAGENET_DEVIATION)
    )
    assert not backbone.normalise(mean).any()
    torch.testing.assert_close(backbone.normalise(mean + deviation), torch.ones_like(mean))


def test_backbones_train_at_the_smallest_size_in_a_batch_of_one(name):
    config = ModelConfig(architecture="spatial", stream=name, size=STREAMS[name].smallest_size)
    image = torch.rand(1, 3, config.size, config.size)
    assert build_model(config, 6).train()(image, image).shape == (1, 6)
    with pytest.raises(ConfigError, match=f"size must be at least {config.size} pixels"):
        ModelConfig(stream=name, size=config.size - 1)


def test_backbones_start_with_hes_weights_and_the_head_with_glorots(name):
    model = build_model(ModelConfig(architecture="spatial", stream=name), 6)
    modules = dict(model.spatial_stream.named_modules())
    last = {f"{place}.bn3" for place, block in modules.items() if isinstance(block, Bottleneck)} | {
        f"{place}.project.norm"
        for place, block in modules.items()
        if isinstance(block, InvertedBlock) and block.has_shortcut
    }
    for place, module in modules.items():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 100_000:
            incoming = module.weight[0].numel()
            assert float(module.weight.detach().std()) == pytest.approx((2 / incoming) ** 0.5, rel=0.02)
        if isinstance(module, nn.BatchNorm2d):
            assert bool((module.weight == (BLOCK_SHARE if place in last else 1)).all())
            assert not module.bias.detach().any()
    limit = (6 / (1024 + 1024)) ** 0.5
    assert 0.99 * limit < float(model.head.dense2.weight.detach().abs().max()) <= limit


@pytest.mark.parametrize("vgg", ["vgg16", "vgg19"])
def test_vgg_keeps_the_power_of_its_input_when_new(vgg):
    """With Glorot's weights half of the power would be lost in each of the 13 to 16 layers."""
    stream = build_model(ModelConfig(architecture="spatial", stream=vgg, size=96), 6).spatial_stream
    image = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        power_in = stream.normalise(image).square().mean()
        power_out = stream(image).square().mean()
    assert 0.3 < float(power_out / power_in) < 10


@pytest.mark.parametrize("vgg", ["vgg16", "vgg19"])
def test_vgg_separates_images_when_new(vgg):
    """With the same draws, but not mirrored, the cosines are 0.95 and more."""
    stream = build_model(ModelConfig(architecture="spatial", stream=vgg), 6).spatial_stream
    images = torch.rand(8, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        vectors = F.normalize(stream(F.interpolate(images, size=48, mode="bilinear")).flatten(1))
    assert float((vectors @ vectors.T).min()) < 0.8


@pytest.mark.parametrize("vgg", ["vgg16", "vgg19"])
def test_vgg_without_poolings_is_linear_when_new(vgg):
    stream = build_model(ModelConfig(architecture="spatial", stream=vgg), 6).spatial_stream.double()
    layers = nn.Sequential(*(layer for layer in stream.features if not isinstance(layer, nn.MaxPool2d)))
    first, second = torch.randn(2, 1, 3, 4, 4, generator=torch.Generator().manual_seed(0)).double()

    def last_difference(image):
        positive, negative = layers(image).chunk(2, dim=1)
        return positive - negative

    with torch.inference_mode():
        torch.testing.assert_close(
            last_difference(first) + last_difference(second), last_difference(first + second)
        )


def test_backbones_ignore_input_scaling(name):
    image = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    standard, unit = (
        build_model(
            ModelConfig(architecture="spatial", stream=name, input_scaling=scaling, head_units=8), 6
        ).eval()
        for scaling in ("standard", "unit")
    )
    with torch.inference_mode():
        assert torch.equal(standard(image, image), unit(image, image))
