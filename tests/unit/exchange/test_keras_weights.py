from dataclasses import replace

import numpy as np
import pytest

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_files import KerasLayer
from ferfusion.exchange.keras_graph import KerasNetwork, KerasStream
from ferfusion.exchange.keras_weights import our_weights

CHANNELS, SIDE = 2, 3
"""The last map of each stream has 3 by 3 places; the fusion layer is flatten, the operator concat."""
INPUT = KerasLayer("input", "InputLayer")


def layer(name, kernel):
    return KerasLayer(
        name, "Dense", weights=(np.array(kernel, np.float64), np.arange(np.shape(kernel)[-1], dtype=float))
    )


def stream(seed):
    rng = np.random.default_rng(seed)
    shapes = [(5, 5, 3, CHANNELS), *[(3, 3, CHANNELS, CHANNELS)] * 4]
    convs = tuple(layer(f"conv{k}", rng.normal(size=shape)) for k, shape in enumerate(shapes))
    return KerasStream(INPUT, convs, "flatten", last_pool=False)


def network(*, fused_in_order=True, first=None):
    inputs = 2 * CHANNELS * SIDE * SIDE
    first = np.arange(inputs * 4).reshape(inputs, 4) if first is None else first
    dense = (layer("d1", first), layer("d2", np.eye(4)), layer("d3", np.arange(12).reshape(4, 3)))
    return KerasNetwork((stream(0), stream(1)), "concat", fused_in_order, dense, dropout=None)


def shapes():
    """The shapes of our tensors for such a network."""
    convs = {
        f"{name}_stream.conv{number}": (
            CHANNELS,
            3 if number == 1 else CHANNELS,
            *[5 if number == 1 else 3] * 2,
        )
        for name in ("spatial", "flow")
        for number in range(1, 6)
    }
    dense = {"head.dense1": (4, 36), "head.dense2": (4, 4), "head.dense3": (3, 4)}
    kernels = {**convs, **dense}
    return {f"{name}.weight": shape for name, shape in kernels.items()} | {
        f"{name}.bias": shape[:1] for name, shape in kernels.items()
    }


def test_our_weights_put_outputs_before_inputs_and_scale_the_first_kernel():
    keras = network()
    weights = our_weights(keras, shapes(), outputs=[0, 1, 2], largest_pixel=255)
    first, second = (conv.weights[0].astype(np.float32) for conv in keras.streams[1].convs[:2])
    assert weights["flow_stream.conv1.weight"].numpy() == pytest.approx(255 * first.transpose(3, 2, 0, 1))
    assert weights["flow_stream.conv2.weight"].numpy() == pytest.approx(second.transpose(3, 2, 0, 1))


@pytest.mark.parametrize("fused_in_order", [True, False])
def test_our_weights_of_the_first_dense_layer_give_the_same_product(fused_in_order):
    """Keras flattens (H, W, C) of both streams in its order of fusion, we (C, H, W), the face's map first."""
    rng = np.random.default_rng(3)
    kernel = rng.normal(size=(36, 4))
    keras = network(fused_in_order=fused_in_order, first=kernel)
    ours = our_weights(keras, shapes(), outputs=[0, 1, 2], largest_pixel=1)["head.dense1.weight"].numpy()
    maps = rng.normal(size=(2, CHANNELS, SIDE, SIDE))  # the face's map, then the flow's
    in_order = maps if fused_in_order else maps[::-1]
    by_keras = in_order.transpose(0, 2, 3, 1).reshape(-1) @ kernel
    assert ours @ maps.reshape(-1) == pytest.approx(by_keras, rel=1e-5)


def test_our_weights_put_the_outputs_into_our_order():
    weights = our_weights(network(), shapes(), outputs=[2, 0, 1], largest_pixel=1)
    assert weights["head.dense3.weight"].numpy().T.tolist() == [[2, 0, 1], [5, 3, 4], [8, 6, 7], [11, 9, 10]]
    assert weights["head.dense3.bias"].tolist() == [2, 0, 1]


def test_our_weights_refuse_numbers_that_are_not_finite():
    with pytest.raises(BundleError, match=r"'d1' .* not all finite numbers"):
        our_weights(network(first=np.full((36, 4), np.nan)), shapes(), outputs=[0, 1, 2], largest_pixel=1)


def test_our_weights_refuse_numbers_beyond_32_bits():
    with pytest.raises(BundleError, match=r"'d1' .* not all finite numbers"):
        our_weights(network(first=np.full((36, 4), 1e39)), shapes(), outputs=[0, 1, 2], largest_pixel=1)


def test_our_weights_refuse_numbers_that_the_scale_makes_infinite():
    keras = network()
    first = keras.streams[0].convs[0]
    large = replace(first, weights=(np.full((5, 5, 3, CHANNELS), 3e38), first.weights[1]))
    streams = (replace(keras.streams[0], convs=(large, *keras.streams[0].convs[1:])), keras.streams[1])
    with pytest.raises(BundleError, match="not all finite numbers"):
        our_weights(replace(keras, streams=streams), shapes(), outputs=[0, 1, 2], largest_pixel=255)
