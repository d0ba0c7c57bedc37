from dataclasses import replace

import numpy as np
import pytest

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_files import KerasLayer, KerasModel, read_keras
from ferfusion.exchange.keras_graph import find_network
from helpers.keras_files import unpack


@pytest.fixture(scope="module")
def fused(tmp_path_factory):
    """The listing's network: input_1 and input_2, conv2d to conv2d_4 and conv2d_5 to conv2d_9, and so on."""
    return read_keras(unpack("keras2_flatten_concat.h5", tmp_path_factory.mktemp("keras")))


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    return read_keras(unpack("keras3_sequential_map.keras", tmp_path_factory.mktemp("keras")))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return read_keras(unpack("keras2_only_weights.h5", tmp_path_factory.mktemp("keras")))


def with_layer(model, name, **changes):
    """The model with other attributes of one layer; ``settings`` are added to those that it has."""
    layer = model.layers[name]
    if "settings" in changes:
        changes["settings"] = {**layer.settings, **changes["settings"]}
    return replace(model, layers={**model.layers, name: replace(layer, **changes)})


def with_new_layer(model, layer, *, before):
    """The model with a layer put between another one and its source."""
    reader = model.layers[before]
    put = replace(layer, sources=reader.sources)
    layers = {**model.layers, layer.name: put, before: replace(reader, sources=(layer.name,))}
    return replace(model, layers=layers)


def test_find_network_finds_streams_by_connections_and_not_by_names(fused):
    names = {name: f"layer {place}" for place, name in enumerate(sorted(fused.layers))}
    layers = {
        names[layer.name]: replace(
            layer, name=names[layer.name], sources=tuple(names[source] for source in layer.sources)
        )
        for layer in reversed(fused.layers.values())
    }
    renamed = KerasModel(
        layers,
        tuple(names[name] for name in fused.inputs),
        tuple(names[name] for name in fused.outputs),
        fused.version,
    )
    network, known = find_network(renamed), find_network(fused)
    for stream, as_known in zip(network.streams, known.streams, strict=True):
        assert [layer.name for layer in stream.convs] == [names[layer.name] for layer in as_known.convs]
    assert [conv.name for conv in known.streams[0].convs] == ["conv2d", *(f"conv2d_{n}" for n in range(1, 5))]
    assert [conv.name for conv in known.streams[1].convs] == [f"conv2d_{n}" for n in range(5, 10)]
    assert known.fused_in_order


@pytest.mark.parametrize(
    ("kind", "operator"),
    [("Add", "sum"), ("Average", "average"), ("Maximum", "max"), ("Multiply", "product")],
)
def test_find_network_maps_every_fusion_operator(fused, kind, operator):
    assert find_network(with_layer(fused, "concatenate", kind=kind)).operator == operator


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("conv2d_3", {"kernel_size": [5, 5]}, r"kernel_size \(5, 5\), the report's networks have \(3, 3\)"),
        ("conv2d", {"strides": [2, 2]}, r"strides \(2, 2\)"),
        ("conv2d_7", {"padding": "same"}, "padding same"),
        ("conv2d_1", {"dilation_rate": [2, 2]}, "dilation_rate"),
        ("conv2d_1", {"groups": 4}, "groups 4"),
        ("conv2d_1", {"activation": "elu"}, "activation elu, the report's networks have relu"),
        ("conv2d_1", {"use_bias": False}, "use_bias False"),
        ("conv2d_1", {"data_format": "channels_first"}, "data_format channels_first"),
        ("max_pooling2d_1", {"pool_size": [3, 3]}, r"pool_size \(3, 3\)"),
        ("max_pooling2d", {"strides": [5, 5]}, r"strides \(5, 5\)"),
        ("average_pooling2d_2", {"padding": "same"}, "padding same"),
        ("average_pooling2d_1", {"pool_size": [2, 2]}, r"pool_size \(2, 2\)"),
        ("flatten", {"data_format": "channels_first"}, "data_format channels_first"),
        ("concatenate", {"axis": 0}, "axis 0"),
        ("dense", {"activation": "tanh"}, "activation tanh"),
        ("dense_2", {"activation": "sigmoid"}, "activation sigmoid, the report's networks have softmax"),
    ],
)
def test_find_network_refuses_a_setting_that_changes_the_function(fused, name, settings, message):
    with pytest.raises(BundleError, match=f"layer '{name}' .*{message}"):
        find_network(with_layer(fused, name, settings=settings))


def test_find_network_ignores_settings_of_training(fused):
    changed = with_layer(fused, "dense_1", settings={"kernel_regularizer": None, "trainable": False})
    assert find_network(changed).dense[1].name == "dense_1"


@pytest.mark.parametrize("kind", ["BatchNormalization", "LeakyReLU", "Activation", "Functional", "Lambda"])
def test_find_network_refuses_an_unknown_layer_by_name(fused, kind):
    with pytest.raises(BundleError, match=rf"layer 'extra' \({kind}\) .* no counterpart"):
        find_network(with_new_layer(fused, KerasLayer("extra", kind), before="conv2d_2"))


@pytest.mark.parametrize(
    ("kind", "before", "message"),
    [
        ("Dropout", "conv2d_2", "'extra' .* is in the place of a Conv2D of the report's networks"),
        ("Dense", "conv2d_2", "'extra' .* is in the place of"),
        ("Flatten", "dense_1", "head .* has 4 layers, wanted 3"),
    ],
)
def test_find_network_refuses_a_known_layer_in_another_place(fused, kind, before, message):
    with pytest.raises(BundleError, match=message):
        find_network(with_new_layer(fused, KerasLayer("extra", kind), before=before))


def test_find_network_takes_dropout_anywhere_in_the_head(fused):
    extra = KerasLayer("extra", "Dropout", {"rate": 0.3})
    assert find_network(with_new_layer(fused, extra, before="dense")).dropout == 0.3
    assert find_network(fused).dropout == 0.1


def test_find_network_refuses_an_unknown_end_of_a_stream(single):
    shorter = with_layer(single, "dense_6", sources=("conv2d_14",))
    del (layers := dict(shorter.layers))["flatten"]
    with pytest.raises(BundleError, match="is not the end of a stream of the report"):
        find_network(replace(shorter, layers=layers))


def test_find_network_refuses_three_streams(fused):
    sources = ("flatten", "flatten_1", "flatten")
    with pytest.raises(BundleError, match=r"'concatenate' .* fuses 3 streams; the report's networks have 2"):
        find_network(with_layer(fused, "concatenate", sources=sources))


def test_find_network_refuses_streams_that_share_their_input(fused):
    with pytest.raises(BundleError, match=r"'input_1' .* is used by several streams"):
        find_network(with_layer(fused, "conv2d_5", sources=("input_1",)))


def test_find_network_refuses_two_outputs(fused):
    with pytest.raises(BundleError, match="has 2 output layers; ferfusion can import models with 1"):
        find_network(replace(fused, outputs=("dense_2", "dense_1")))


def test_find_network_refuses_a_layer_without_connection_to_the_output(fused):
    aside = KerasLayer("aside", "Dense", sources=("dropout",))
    with pytest.raises(BundleError, match=r"'aside' .* is not connected to the output"):
        find_network(replace(fused, layers={**fused.layers, "aside": aside}))


def test_find_network_alternates_weights_alone_between_the_streams(alone):
    network = find_network(alone)
    assert [conv.name for conv in network.streams[0].convs] == [f"conv2d_{n}" for n in range(35, 40)]
    assert [conv.name for conv in network.streams[1].convs] == [f"conv2d_{n}" for n in range(40, 45)]
    assert network.dropout is None


def test_find_network_refuses_weights_alone_with_custom_names(alone):
    layers = {
        name: replace(each, kind="") if name == "conv2d_37" else each for name, each in alone.layers.items()
    }
    with pytest.raises(BundleError, match=r"'conv2d_37' \(of unknown kind\) .*save the whole model"):
        find_network(replace(alone, layers=layers))


def test_find_network_refuses_weights_alone_with_a_layer_too_many(alone):
    extra = replace(alone.layers["conv2d_44"], name="conv2d_45")
    with pytest.raises(BundleError, match=r"'conv2d_45' .* is not connected to the output"):
        find_network(replace(alone, layers={**alone.layers, "conv2d_45": extra}))


def test_find_network_refuses_weights_alone_with_a_layer_too_few(alone):
    layers = {name: each for name, each in alone.layers.items() if name != "conv2d_44"}
    with pytest.raises(BundleError, match=r"is in the place of|is not the end"):
        find_network(replace(alone, layers=layers))


def test_find_network_refuses_a_layer_without_weights(fused):
    with pytest.raises(BundleError, match=r"'conv2d_4' .* has 0 arrays of weights"):
        find_network(with_layer(fused, "conv2d_4", weights=()))


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("conv2d_4", [(3, 3, 128), (128,)]),
        ("conv2d_4", [(), ()]),
        ("conv2d_4", [(3, 3, 128, 128), (64,)]),
        ("dense_1", [(1024,), (1024,)]),
        ("dense_2", [(1024, 6), (6, 1)]),
    ],
)
def test_find_network_refuses_weights_of_other_axes(fused, name, shapes):
    weights = tuple(np.zeros(shape, np.float32) for shape in shapes)
    with pytest.raises(BundleError, match=f"'{name}' .* has a kernel of shape .* and a bias of shape"):
        find_network(with_layer(fused, name, weights=weights))


def test_find_network_message_is_short_for_a_long_setting(fused):
    with pytest.raises(BundleError, match="has activation xxx") as error:
        find_network(with_layer(fused, "conv2d_4", settings={"activation": "x" * 10_000}))
    assert len(str(error.value)) < 300
