"""The weights of a Keras network with the names, axes and order of our network, which computes the same."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_files import KerasLayer
from ferfusion.exchange.keras_graph import KerasNetwork

Floats = NDArray[np.float32]


def our_weights(
    network: KerasNetwork,
    wanted: Mapping[str, tuple[int, ...]],
    *,
    outputs: list[int],
    largest_pixel: float,
) -> dict[str, Tensor]:
    """Return the tensors of our model.

    Args:
        network: The layers with their weights.
        wanted: The shape that each tensor must have.
        outputs: Place in the file of each of our outputs.
        largest_pixel: Value of a white pixel in Keras' images; ours have 1.

    Raises:
        BundleError: a layer has weights of another shape, or weights that are not finite; the message names
            it.
    """
    weights: dict[str, Tensor] = {}
    for name, layer, kernel, bias in _ordered(network, outputs=outputs, largest_pixel=largest_pixel):
        for kind, array in (("weight", _outputs_first(kernel)), ("bias", bias)):
            if array.shape != wanted[f"{name}.{kind}"]:
                raise BundleError(
                    f"The {layer} of the Keras model has a {kind} of shape {array.shape} (outputs first); "
                    f"the report's network has {wanted[f'{name}.{kind}']}; ferfusion cannot import it"
                )
            if not np.isfinite(array).all():
                raise BundleError(
                    f"The {layer} of the Keras model has a {kind} that is not all finite numbers; its "
                    "training failed: import an earlier checkpoint"
                )
            weights[f"{name}.{kind}"] = torch.from_numpy(array)
    return weights


def _outputs_first(kernel: Floats) -> Floats:
    """Return (H, W, in, out) as (out, in, H, W), and (in, out) as (out, in)."""
    return np.ascontiguousarray(np.moveaxis(kernel, (-1, -2), (0, 1)))


def _ordered(
    network: KerasNetwork, *, outputs: list[int], largest_pixel: float
) -> Iterator[tuple[str, KerasLayer, Floats, Floats]]:
    """Yield (our name, layer, kernel in Keras' axes, bias), with inputs and outputs in our order."""
    for name, stream in zip(("spatial", "flow"), network.streams, strict=False):
        for number, conv in enumerate(stream.convs, start=1):
            kernel, bias = _arrays(conv)
            # our pixels are smaller by this factor, so the first kernel must be larger
            scale = np.float32(largest_pixel if number == 1 else 1)
            with np.errstate(over="ignore"):  # our_weights refuses it
                scaled = kernel * scale
            yield f"{name}_stream.conv{number}", conv, scaled, bias
    first, second, third = network.dense
    kernel, bias = _arrays(first)
    yield "head.dense1", first, _channels_first(kernel, network), bias
    yield "head.dense2", second, *_arrays(second)
    kernel, bias = _arrays(third)
    yield "head.dense3", third, kernel[:, outputs], bias[outputs]


def _channels_first(kernel: Floats, network: KerasNetwork) -> Floats:
    """Return the kernel of the first dense layer for maps flattened as (C, H, W), the face's maps first.

    Keras flattens a map as (H, W, C).
    """
    channels = network.streams[0].channels[-1]
    blocks = len(network.streams) if network.operator == "concat" else 1
    maps = kernel.reshape(blocks, -1, channels, kernel.shape[1])  # stream, location, channel, unit
    ordered = maps if network.fused_in_order else maps[::-1]
    return ordered.swapaxes(1, 2).reshape(kernel.shape)


def _arrays(layer: KerasLayer) -> tuple[Floats, Floats]:
    kernel, bias = layer.weights
    with np.errstate(over="ignore"):  # our_weights refuses it
        return kernel.astype(np.float32), bias.astype(np.float32)
