"""MobileNet as ``faceres``, a TensorFlow.js graph model, comes.

The graph of ``faceres.json`` was interpreted once, node by node with the attributes of each, with TensorFlow
2.21: ``MEANS`` are the largest values of its node global_pooling/Mean for the image of ``waves`` at three
sizes. At 48, 96, 112 and 224 pixels every value of the last map was within 0.00003 of ours.
"""

import pytest
import torch

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.mobilenet import BLOCKS, MobileNet
from ferfusion.models.pretrained import load_weights, misfit
from helpers.published_weights import waves

MEANS = {
    96: {160: 1.96094, 362: 1.64536, 529: 1.30337, 566: 2.22408, 818: 2.60901, 1013: 3.43904},
    112: {88: 1.47226, 160: 1.14119, 715: 1.14623, 771: 1.31874, 818: 1.08521, 1013: 2.4519},
    75: {7: 0.7727, 160: 1.00715, 362: 1.34827, 566: 0.80798, 771: 0.77966, 1013: 1.57755},
}
MEAN_OF_ALL = {96: 0.028935, 112: 0.01838, 75: 0.009283}


def graph_tensors():
    """Tensors of the graph's names and shapes, drawn."""
    generator = torch.Generator().manual_seed(5)
    shapes = {"conv1/convolution/merged_input": (3, 3, 3, 32), "conv1_bn/batchnorm_1/sub": (32,)}
    before = 32
    for number, (channels, _) in enumerate(BLOCKS, start=1):
        shapes |= {
            f"conv_dw_{number}/depthwise_kernel": (3, 3, before, 1),
            f"conv_dw_{number}_bn/batchnorm_1/mul": (before,),
            f"conv_dw_{number}_bn/batchnorm_1/sub": (before,),
            f"conv_pw_{number}/convolution/merged_input": (1, 1, before, channels),
            f"conv_pw_{number}_bn/batchnorm_1/sub": (channels,),
        }
        before = channels
    shapes |= {"age_pred/kernel": (256, 100), "conv1_relu/Cast": ()}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


@pytest.mark.parametrize("size", MEANS)
def test_mobilenet_has_the_outputs_of_the_published_graph(size, real_data):
    model = build_model(ModelConfig(architecture="spatial", stream="mobilenet", size=size), 6).eval()
    assert load_weights(model, str(real_data / "weights" / "faceres.json")) == ["spatial_stream"]
    with torch.inference_mode():
        means = model.spatial_stream(waves(size)).mean((2, 3))[0]
    channels = list(MEANS[size])
    torch.testing.assert_close(
        means[channels], torch.tensor(list(MEANS[size].values())), rtol=1e-4, atol=2e-5
    )
    assert float(means.mean()) == pytest.approx(MEAN_OF_ALL[size], rel=1e-3)


def test_mobilenet_has_the_published_number_of_parameters():
    """3,228,864 with four for each norm (Keras' MobileNet without top): here one bias for each channel."""
    norms = 32 + sum(channels for channels, _ in BLOCKS) + 32 + sum(channels for channels, _ in BLOCKS[:-1])
    ours = sum(p.numel() for p in MobileNet().parameters())
    assert ours + 3 * norms == 3_228_864


def test_own_tensors_of_a_graph_fit_the_stream():
    assert misfit(MobileNet.own_tensors(graph_tensors()), MobileNet()) == ""


def test_own_tensors_keeps_names_that_are_the_streams():
    own = MobileNet().state_dict()
    assert MobileNet.own_tensors(own) == own


def test_own_tensors_make_the_first_layer_read_red_green_and_blue_in_its_own_units():
    theirs, stream = graph_tensors(), MobileNet()
    stream.load_state_dict(MobileNet.own_tensors(theirs))
    image = waves(8).double()
    stream.double()
    kernel = theirs["conv1/convolution/merged_input"].permute(3, 2, 0, 1).double()
    mean = torch.tensor((103.939, 116.779, 123.68), dtype=torch.float64).view(3, 1, 1)
    padded = torch.nn.functional.pad(image.flip(1) * 255 - mean, (0, 1, 0, 1))
    expected = torch.nn.functional.conv2d(
        padded, kernel, theirs["conv1_bn/batchnorm_1/sub"].double(), stride=2
    )
    with torch.inference_mode():
        torch.testing.assert_close(stream.stem(stream.normalise(image)), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("conv_dw_4_bn/batchnorm_1/mul"), "it lacks blocks.3.depthwise.weight"),
        (lambda t: t.pop("conv_pw_13_bn/batchnorm_1/sub"), "it lacks blocks.12.pointwise.bias"),
        (
            lambda t: t.update({"conv_dw_4_bn/batchnorm_1/mul": torch.tensor(1.0)}),
            "it lacks blocks.3.depthwise.weight",
        ),
        (
            lambda t: t.update({"conv_dw_4_bn/batchnorm_1/mul": torch.ones(7)}),
            "it lacks blocks.3.depthwise.weight",
        ),
        (
            lambda t: t.update({"conv_pw_2/convolution/merged_input": torch.ones(128)}),
            "it lacks blocks.1.pointwise.weight",
        ),
        (
            lambda t: t.update({"conv1/convolution/merged_input": torch.ones(3, 3, 1, 32)}),
            "stem.weight is (32, 1, 3, 3), wanted (32, 3, 3, 3)",
        ),
        (
            lambda t: t.update({"conv_pw_13/convolution/merged_input": torch.ones(1, 1, 1024, 512)}),
            "blocks.12.pointwise.weight is (512, 1024, 1, 1), wanted (1024, 1024, 1, 1)",
        ),
    ],
)
def test_own_tensors_of_another_graph_do_not_fit(change, message):
    tensors = graph_tensors()
    change(tensors)
    assert misfit(MobileNet.own_tensors(tensors), MobileNet()) == message
