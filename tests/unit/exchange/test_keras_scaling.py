from dataclasses import replace

import pytest
import torch

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_export import keras_model
from ferfusion.exchange.keras_files import KerasLayer, KerasModel
from ferfusion.exchange.keras_graph import find_network
from ferfusion.exchange.keras_scaling import scaling_layers, without_scaling
from ferfusion.models.scaling import SMALLEST_DEVIATION, standardise
from helpers.bundles import untrained_bundle
from helpers.keras_interpreter import answer


@pytest.fixture(scope="module")
def model():
    return keras_model(untrained_bundle(stream="listing-2-3", head_units=4))


@pytest.mark.parametrize("deviation", [0.0, 0.001, 0.0199, 0.0201, 0.3])
def test_scaling_layers_standardise_clear_and_faint_images(deviation):
    drawn = torch.rand(1, 6, 6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    drawn = drawn - drawn.mean((1, 2), keepdim=True)
    image = 0.5 + deviation * drawn / drawn.square().mean().sqrt()
    layers = scaling_layers("standard", "face")
    block = {"face": KerasLayer("face", "InputLayer"), **{layer.name: layer for layer in layers}}
    found = answer(KerasModel(block, ("face",), (layers[-1].name,), ""), image)
    torch.testing.assert_close(found.permute(0, 3, 1, 2), standardise(image.permute(0, 3, 1, 2)))
    assert float(found.square().mean().sqrt()) == pytest.approx(min(deviation / SMALLEST_DEVIATION, 1))


def test_without_scaling_connects_the_network_with_its_inputs(model):
    plain, scaling = without_scaling(model)
    assert scaling == "standard"
    assert plain.layers["spatial_conv2d"].sources == ("spatial",)
    assert len(plain.layers) == len(model.layers) - 2 * len(scaling_layers("standard", "x"))
    assert without_scaling(plain) == (plain, "unit")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (
            "flow_by_deviation",
            {"settings": {"axis": [1, 2, 3], "epsilon": 0.1}},
        ),
        ("flow_positive", {"settings": {}}),
        ("flow_lower", {"kind": "Maximum"}),
        ("flow_centred", {"sources": ("flow", "flow_rest")}),
        ("flow_conv2d", {"sources": ("flow",)}),
        ("flow_conv2d", {"sources": ("flow_lower",)}),
    ],
)
def test_scaling_that_is_not_that_of_an_export_is_refused(model, name, changes):
    changed = replace(model, layers={**model.layers, name: replace(model.layers[name], **changes)})
    with pytest.raises(BundleError, match=r"'spatial' .* is standardised, and another input is not"):
        find_network(changed)


def test_scaling_of_a_single_stream_that_is_changed_is_refused():
    model = keras_model(untrained_bundle(architecture="spatial", stream="listing-2-3", head_units=4))
    assert find_network(model).input_scaling == "standard"
    lower = replace(model.layers["spatial_lower"], kind="Maximum")
    with pytest.raises(BundleError, match="has no counterpart in the report's networks"):
        find_network(replace(model, layers={**model.layers, lower.name: lower}))
