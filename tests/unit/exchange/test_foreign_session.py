"""Answers are checked against ONNX Runtime called by hand on images prepared by hand."""

from dataclasses import replace

import numpy as np
import pytest

from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.foreign_session import Asked, ForeignSession, find_network, try_foreign
from ferfusion.exchange.onnx_session import read_graph
from helpers.foreign_networks import write_network

runtime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

EIGHT = Asked(columns=tuple(range(8)), width=8)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def crops_of(size, count=3):
    return np.random.default_rng(7).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


def by_hand(path, images):
    """The first output of the graph, called with one image at a time."""
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: image[None].astype(np.float32)})[0] for image in images])


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def rgb_imagenet(crops):
    return ((crops / 255 - MEAN) / STD).transpose(0, 3, 1, 2)


def bgr_minus_means(crops):
    return crops[..., ::-1] - np.array([103.9, 116.8, 123.7])


def grey_255(crops):
    luma = np.round(crops @ np.array([0.299, 0.587, 0.114]))
    return luma[:, None]


def grey_three_times(crops):
    return np.repeat(grey_255(crops) / 127.5 - 1, 3, axis=1)


@pytest.mark.parametrize(
    ("made", "asked", "prepared", "wanted"),
    [
        ({}, {"mean": MEAN, "std": STD}, rgb_imagenet, ("nchw", 0, "logits")),
        (
            {"shape": ("batch", 32, 32, 3), "probabilities": True},
            {"colours": "bgr", "mean": (103.9, 116.8, 123.7)},
            bgr_minus_means,
            ("nhwc", 0, "probabilities"),
        ),
        ({"shape": (1, 1, 64, 64)}, {"largest_pixel": 255}, grey_255, ("nchw", 1, "logits")),
        (
            {"shape": (4, 3, 32, 32)},
            {"colours": "grey", "largest_pixel": 255, "mean": (127.5,), "std": (127.5,)},
            grey_three_times,
            ("nchw", 4, "logits"),
        ),
        (
            {"shape": ("b", 3, "h", "w")},
            {"size": 32, "mean": MEAN, "std": STD},
            rgb_imagenet,
            ("nchw", 0, "logits"),
        ),
        ({"flat": True}, {"mean": MEAN, "std": STD}, rgb_imagenet, ("nchw", 1, "logits")),
    ],
    ids=[
        "rgb",
        "channels-last-bgr-probabilities",
        "grey-one-at-a-time",
        "four-at-a-time",
        "any-size",
        "flat",
    ],
)
def test_foreign_network_answers_as_the_runtime_called_by_hand(tmp_path, made, asked, prepared, wanted):
    path = write_network(tmp_path / "network.onnx", **made)
    found = find_network(path, asked=replace(EIGHT, **asked))
    network = found.network
    assert (network.layout, network.batch, network.meaning) == wanted
    assert found.cautions == ()
    crops = crops_of(found.size, count=9)
    numbers = ForeignSession(read_graph(path), network).numbers(network.images(crops))
    expected = by_hand(path, prepared(crops)) if network.batch != 4 else by_fours(path, prepared(crops))
    # OpenCV rounds a luma near one half in its own way: one grey level of 1,024 pixels is 3e-5 of the answer
    assert numbers == pytest.approx(expected, rel=1e-4, abs=5e-4)
    answers = expected if network.meaning == "probabilities" else softmax(expected)
    assert network.probabilities(numbers) == pytest.approx(answers, abs=1e-4)


def by_fours(path, images):
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    padded = np.concatenate([images, np.zeros((3, *images.shape[1:]))]).astype(np.float32)
    return np.concatenate(
        [session.run(None, {"input": padded[start : start + 4]})[0] for start in (0, 4, 8)]
    )[: len(images)]


def test_find_network_takes_the_classes_before_other_outputs(tmp_path):
    path = write_network(tmp_path / "network.onnx", classes=10)
    found = find_network(path, asked=replace(EIGHT, columns=(7, 0, 1), width=10))
    numbers = ForeignSession(read_graph(path), found.network).numbers(found.network.images(crops_of(32)))
    expected = by_hand(path, crops_of(32).transpose(0, 3, 1, 2) / 255)
    assert found.network.probabilities(numbers) == pytest.approx(softmax(expected[:, [7, 0, 1]]), abs=1e-5)


def test_find_network_chooses_the_output_that_has_the_classes(tmp_path):
    def with_features(model):
        model.graph.output.insert(
            0, onnx.helper.make_tensor_value_info("vector", onnx.TensorProto.FLOAT, None)
        )

    path = write_network(tmp_path / "network.onnx", change=with_features)
    assert find_network(path, asked=EIGHT).network.output == "logits"


def with_two_of_eight(model):
    model.graph.node.append(onnx.helper.make_node("Identity", ["logits"], ["again"]))
    model.graph.output.append(onnx.helper.make_tensor_value_info("again", onnx.TensorProto.FLOAT, None))


@pytest.mark.parametrize(
    ("made", "asked", "message"),
    [
        (
            {"classes": 7},
            {},
            r"answers with float32 of shape \(1, 7\), and the labels are 8; name every class",
        ),
        ({"classes": 10}, {}, r"shape \(1, 10\), and the labels are 8; .* --other-outputs"),
        (
            {"inputs": ("face", "age")},
            {},
            r"has 2 inputs \('face', 'age'\); a network that reads a face has one",
        ),
        ({"shape": ("b", 4, 32, 32)}, {}, r"reads images of shape \(b, 4, 32, 32\); expected 3 channels"),
        ({"shape": ("b", 3, 32, 33)}, {}, "reads images of 32 x 33 pixels; expected squares"),
        ({"shape": ("b", 3, "h", "w")}, {}, "reads images of any size; name the size"),
        ({}, {"size": 64}, "reads images of 32 pixels, and --size is 64"),
        ({"shape": ("b", 3, 600, 600)}, {}, "size must be from 16 to 512 pixels, got 600"),
        ({}, {"colours": "rbg"}, "Unknown colours 'rbg'; choose one of bgr, grey, rgb"),
        ({"shape": ("b", 1, 32, 32)}, {"colours": "rgb"}, "must read 3 channels, or 1 of grey, got 1 of rgb"),
        (
            {},
            {"mean": (0.5, 0.5)},
            r"mean must be one number, or a number for each of 3 channels, got \(0.5, 0.5\)",
        ),
        ({}, {"mean": (123.7,), "largest_pixel": 1}, "set --largest-pixel to 255"),
        ({}, {"std": (0.0,)}, r"std must be from 0\.0001 to 10,000"),
        ({}, {"meaning": "probabilities"}, "The outputs are no probabilities"),
        ({"weights": np.full((12, 8), np.nan)}, {}, "answers with numbers that are not finite"),
        ({"change": with_two_of_eight}, {}, r"has 2 outputs of 8 numbers \('logits', 'again'\)"),
    ],
)
def test_find_network_refuses_what_does_not_fit_in_one_line(tmp_path, made, asked, message):
    path = write_network(tmp_path / "network.onnx", **made)
    with pytest.raises((BundleError, ConfigError), match=message) as error:
        find_network(path, asked=replace(EIGHT, **asked))
    assert "\n" not in str(error.value)


def between_0_and_1(model):
    model.graph.node.append(onnx.helper.make_node("Sigmoid", ["logits"], ["sigmoid"]))
    model.graph.output[0].name = "sigmoid"


def minus_the_mean_of_the_batch(model):
    nodes = [
        onnx.helper.make_node("ReduceMean", ["logits"], ["mean"], axes=[0]),
        onnx.helper.make_node("Sub", ["logits", "mean"], ["centred"]),
    ]
    model.graph.node.extend(nodes)
    model.graph.output[0].name = "centred"


@pytest.mark.parametrize(
    ("made", "asked", "caution"),
    [
        ({"weights": np.zeros((12, 8))}, {}, "answers to eight different images are the same"),
        ({"change": between_0_and_1}, {}, "from 0 to 1, and their sum is not 1"),
        ({"probabilities": True}, {"meaning": "logits"}, "look like probabilities"),
        ({"change": minus_the_mean_of_the_batch}, {}, "depends on the other images of a call"),
    ],
)
def test_find_network_cautions_about_answers_that_are_odd(tmp_path, made, asked, caution):
    found = find_network(write_network(tmp_path / "network.onnx", **made), asked=replace(EIGHT, **asked))
    assert any(caution in each for each in found.cautions)


def test_try_foreign_refuses_numbers_that_are_not_finite(tmp_path):
    network = find_network(write_network(tmp_path / "good.onnx"), asked=EIGHT).network
    path = write_network(tmp_path / "bad.onnx", weights=np.full((12, 8), 3e38))
    with pytest.raises(BundleError, match=r"bad\.onnx answers with numbers that are not finite"):
        try_foreign(path, network=network, size=32)


def test_foreign_session_refuses_another_number_of_outputs(tmp_path):
    network = find_network(write_network(tmp_path / "good.onnx"), asked=EIGHT).network
    session = ForeignSession(read_graph(write_network(tmp_path / "seven.onnx", classes=7)), network)
    with pytest.raises(BundleError, match=r"answers 3 images with .*\(3, 7\), expected 8 numbers"):
        session.numbers(network.images(crops_of(32)))
