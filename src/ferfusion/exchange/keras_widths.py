"""Give the layers of a Keras network the widths that a model of ours can have.

Ours has one number of channels for the first three convolutions of all streams, one for the last two, and
one number of units for both hidden layers. A narrower layer gets channels or units whose weights are zero:
they are zero after a ReLU and every pooling, and the next layer ignores them, so the function is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_files import KerasLayer
from ferfusion.exchange.keras_graph import KerasNetwork
from ferfusion.reporting.words import counted

_IMAGE_CHANNELS = 3


@dataclass(frozen=True)
class Widths:
    """Channels of the first three and the last two convolutions, and units of the hidden layers."""

    early: int
    late: int
    units: int

    @property
    def of_convs(self) -> tuple[int, ...]:
        """Channels of each convolution."""
        return (self.early,) * 3 + (self.late,) * 2


def widths_of(network: KerasNetwork) -> Widths:
    """Return the smallest widths of ours that hold a network.

    Raises:
        BundleError: a layer reads another number of values than the layers before it have.
    """
    for stream in network.streams:
        for conv, width in zip(stream.convs, (_IMAGE_CHANNELS, *stream.channels), strict=False):
            _check_inputs(conv, width)
    _check_fused(network)
    for layer, before in zip(network.dense[1:], network.dense, strict=False):
        _check_inputs(layer, before.width)
    channels = [stream.channels for stream in network.streams]
    return Widths(
        early=max(width for each in channels for width in each[:3]),
        late=max(width for each in channels for width in each[3:]),
        units=max(layer.width for layer in network.dense[:-1]),
    )


def widen(network: KerasNetwork, widths: Widths) -> KerasNetwork:
    """Return the network with these widths, which computes the same."""
    streams = tuple(
        replace(stream, convs=_widened(stream.convs, widths.of_convs)) for stream in network.streams
    )
    dense = _widened(network.dense, (widths.units, widths.units, network.dense[-1].width))
    first, rest = _with_fused_inputs(dense[0], network, widths), dense[1:]
    return replace(network, streams=streams, dense=(first, *rest))


def _check_inputs(layer: KerasLayer, width: int) -> None:
    inputs = layer.weights[0].shape[-2]
    if inputs != width:
        raise BundleError(
            f"The {layer} of the Keras model has weights for {counted(inputs, 'input')} and reads {width:,}; "
            "ferfusion cannot import it"
        )


def _check_fused(network: KerasNetwork) -> None:
    """Check that the vectors can be fused, and that the first dense layer reads the fused one."""
    channels = [stream.channels[-1] for stream in network.streams]
    if network.operator != "concat" and len(set(channels)) > 1:
        raise BundleError(
            f"The streams of the Keras model end with {channels[0]:,} and {channels[1]:,} channels, which "
            f"have no {network.operator}; ferfusion cannot import it"
        )
    total = sum(_blocks(network))
    if len(network.dense[0].weights[0]) % total:
        raise BundleError(
            f"The {network.dense[0]} of the Keras model reads {len(network.dense[0].weights[0]):,} values, "
            f"which are not maps of {' and '.join(f'{width:,}' for width in _blocks(network))} channels; "
            "ferfusion cannot import it"
        )


def _blocks(network: KerasNetwork) -> list[int]:
    """Return the channels of each map in the fused vector, in Keras' order of fusion."""
    channels = [stream.channels[-1] for stream in network.streams]
    if network.operator != "concat":
        return channels[:1]
    return channels if network.fused_in_order else channels[::-1]


def _widened(layers: Sequence[KerasLayer], widths: Sequence[int]) -> tuple[KerasLayer, ...]:
    """Return layers of a chain with these outputs; the inputs of the first stay."""
    inputs = (layers[0].weights[0].shape[-2], *widths)
    return tuple(
        _padded(layer, inputs=before, outputs=after)
        for layer, before, after in zip(layers, inputs, widths, strict=False)
    )


def _padded(layer: KerasLayer, *, inputs: int, outputs: int) -> KerasLayer:
    kernel, bias = layer.weights
    more_inputs, more_outputs = inputs - kernel.shape[-2], outputs - kernel.shape[-1]
    if not more_inputs and not more_outputs:
        return layer
    around = [(0, 0)] * (kernel.ndim - 2) + [(0, more_inputs), (0, more_outputs)]
    return replace(layer, weights=(np.pad(kernel, around), np.pad(bias, (0, more_outputs))))


def _with_fused_inputs(layer: KerasLayer, network: KerasNetwork, widths: Widths) -> KerasLayer:
    """Return the first dense layer for maps of ``late`` channels; each map is flattened as (H, W, C)."""
    kernel, bias = layer.weights
    blocks = _blocks(network)
    if all(width == widths.late for width in blocks):
        return layer
    places = len(kernel) // sum(blocks)
    ends = np.cumsum([places * width for width in blocks])[:-1]
    maps = [
        np.pad(rows.reshape(places, width, -1), ((0, 0), (0, widths.late - width), (0, 0)))
        for rows, width in zip(np.split(kernel, ends), blocks, strict=True)
    ]
    wide = np.concatenate([each.reshape(places * widths.late, -1) for each in maps])
    return replace(layer, weights=(wide, bias))
