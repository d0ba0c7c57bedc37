from dataclasses import replace

import numpy as np
import pytest
import torch

from ferfusion.errors import BundleError
from ferfusion.exchange.keras import import_keras_model
from ferfusion.exchange.keras_export import keras_model
from ferfusion.exchange.keras_graph import find_network
from ferfusion.exchange.keras_widths import Widths, widths_of
from ferfusion.exchange.keras_writer import write_keras
from ferfusion.label_set import SIX
from helpers.bundles import untrained_bundle
from helpers.keras_exports import images
from helpers.keras_interpreter import answer

EVEN = (32, 32, 32, 64, 64)
SPATIAL, FLOW = (5, 7, 4, 6, 8), (3, 3, 6, 9, 2)


def narrowed(fusion, spatial, flow, units, *, architecture="two-stream"):
    """A Keras model whose layers have these widths, with drawn weights; no export made it."""
    bundle = untrained_bundle(
        architecture=architecture, fusion=fusion, stream="listing-9-9", head_units=11, input_scaling="unit"
    )
    model, rng = keras_model(bundle), np.random.default_rng(0)
    widths = {"spatial": 3, "flow": 3, "dense1": units[0], "dense2": units[1], "probabilities": 6}
    convs = {"spatial": iter(spatial), "flow": iter(flow)}
    last = [spatial[-1], flow[-1]][: len(model.inputs)]
    inputs = sum(last) if "concat" in fusion else last[0]
    layers = {}
    for name, layer in model.layers.items():
        if layer.kind == "Conv2D":
            stream = name.partition("_")[0]
            shape = (*layer.weights[0].shape[:2], widths[stream], next(convs[stream]))
            widths[stream] = shape[-1]
        elif layer.kind == "Dense":
            shape = (inputs, widths[name])
            inputs = widths[name]
        else:
            layers[name] = layer
            continue
        kernel = rng.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        weights = (kernel.astype(np.float32), rng.normal(0, 0.1, shape[-1]).astype(np.float32))
        layers[name] = replace(layer, weights=weights)
    return replace(model, layers=layers, metadata={})


@pytest.mark.parametrize(
    ("fusion", "widths", "name"),
    [
        ("flatten-concat", (EVEN, EVEN, (12, 12)), "listing-32-64"),
        ("flatten-concat", (SPATIAL, FLOW, (10, 7)), "listing-7-9"),
        ("gap-concat", (SPATIAL, FLOW, (7, 10)), "listing-7-9"),
        ("gap-average", (SPATIAL, (3, 3, 6, 9, 8), (10, 7)), "listing-7-9"),
    ],
)
def test_import_of_other_widths_is_the_same_function(fusion, widths, name, tmp_path):
    model = narrowed(fusion, *widths)
    write_keras(model, tmp_path / "model.h5")
    bundle = import_keras_model(tmp_path / "model.h5", labels=SIX.names, largest_pixel=1).bundle
    pixels = [torch.from_numpy(each) for each in images(48)]
    with torch.inference_mode():
        found = bundle.build_model()(*(each.permute(0, 3, 1, 2) for each in pixels)).softmax(1)
    torch.testing.assert_close(found, answer(model, *pixels).float(), rtol=0, atol=1e-6)
    config = bundle.model_config
    assert (config.stream, config.head_units, config.fusion) == (name, max(widths[2]), fusion)
    in_file = sum(array.size for layer in model.layers.values() for array in layer.weights)
    assert bundle.training["parameters"] == in_file


def test_widths_of_are_the_largest_of_each_kind():
    network = find_network(narrowed("gap-concat", SPATIAL, FLOW, (10, 7)))
    assert widths_of(network) == Widths(early=7, late=9, units=10)


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("dense2", lambda kernel: kernel[:5], r"'dense2' \(Dense\) .* weights for 5 inputs and reads 10;"),
        ("dense1", lambda kernel: kernel[:7], r"'dense1' .* reads 7 values, .* maps of 8 and 2 channels"),
        ("flow_conv2d_3", lambda kernel: kernel[:, :, :2], "'flow_conv2d_3' .* for 2 inputs and reads 6;"),
        ("spatial_conv2d", lambda kernel: kernel[:, :, :1], "'spatial_conv2d' .* for 1 input and reads 3;"),
    ],
)
def test_widths_of_refuse_layers_that_do_not_fit(name, cut, message):
    model = narrowed("gap-concat", SPATIAL, FLOW, (10, 7))
    kernel, bias = model.layers[name].weights
    changed = replace(model.layers[name], weights=(cut(kernel), bias))
    with pytest.raises(BundleError, match=message):
        widths_of(find_network(replace(model, layers={**model.layers, name: changed})))


def test_widths_of_refuse_a_sum_of_unlike_streams():
    with pytest.raises(BundleError, match="end with 8 and 2 channels, which have no sum"):
        widths_of(find_network(narrowed("gap-sum", SPATIAL, FLOW, (10, 7))))


@pytest.mark.parametrize(
    ("spatial", "units", "message"),
    [
        ((1025, 1, 1, 1, 1), (4, 4), "channels in the name of a stream must be from 1 to 1,024"),
        ((1, 1, 1, 1, 1), (8193, 1), "head_units must be from 1 to 8,192, got 8193"),
        ((1, 1, 1, 1, 1), (8000, 1), "would take 256,.* bytes, at most 134,217,728 are built"),
    ],
)
def test_import_of_widths_beyond_the_bounds_is_refused(spatial, units, message, tmp_path):
    write_keras(narrowed("gap-sum", spatial, (1,) * 5, units), tmp_path / "model.h5")
    with pytest.raises(BundleError, match=message):
        import_keras_model(tmp_path / "model.h5")
