"""The report's network as layers of Keras, and how it is found in a Keras model; names do not matter.

Every layer is compared with the network of section 3, so a layer that computes something else is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.keras_files import KerasLayer, KerasModel
from ferfusion.exchange.keras_scaling import without_scaling
from ferfusion.lookup import choose
from ferfusion.reporting.words import counted

OPERATORS = MappingProxyType(
    {"Concatenate": "concat", "Add": "sum", "Average": "average", "Maximum": "max", "Multiply": "product"}
)
"""Names of our fusion operators, by Keras' class of the layer."""


@dataclass(frozen=True)
class Step:
    """A layer of the report's network: its kind, and the settings that change what it computes."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)


def _conv(side: int) -> Step:
    settings = {"strides": (1, 1), "padding": "valid", "dilation_rate": (1, 1), "groups": 1, "use_bias": True}
    return Step("Conv2D", {"kernel_size": (side, side), "activation": "relu", **_ORDER, **settings})


def _pool(kind: str, side: int) -> Step:
    return Step(kind, {"pool_size": (side, side), "strides": (2, 2), "padding": "valid", **_ORDER})


def _dense(activation: str) -> Step:
    return Step("Dense", {"activation": activation, "use_bias": True})


_ORDER = {"data_format": "channels_last"}
_MEAN = _pool("AveragePooling2D", 3)
STREAM = (
    Step("InputLayer"),
    _conv(5),
    _pool("MaxPooling2D", 5),
    _conv(3),
    _conv(3),
    _MEAN,
    _conv(3),
    _conv(3),
)
_FLATTEN = Step("Flatten", _ORDER)
_GAP = Step("GlobalAveragePooling2D", {"keepdims": False, **_ORDER})
ENDS = MappingProxyType({"flatten": ((_MEAN, _FLATTEN), (_FLATTEN,)), "gap": ((_GAP,),)})
"""The last layers of a stream after its last convolution, by fusion layer."""
HEAD = (_dense("relu"), _dense("relu"), _dense("softmax"))
_KERNEL_AXES = MappingProxyType({"Conv2D": 4, "Dense": 2})
"""Axes of the kernel of each kind of layer with weights; outputs are the last."""
_FACE_WORDS, _FLOW_WORDS = ("spatial", "face"), ("flow", "motion")
_KNOWN = {step.kind for step in (*STREAM, _FLATTEN, _GAP, *HEAD)} | {"Dropout", *OPERATORS}


@dataclass(frozen=True)
class KerasStream:
    """One stream of a Keras model.

    Attributes:
        input: Its input layer.
        convs: Its five convolutions.
        layer: The fusion layer that it ends with: flatten or gap.
        last_pool: Whether there is an average pooling before the flatten; None for gap, where it changes
            nothing.
    """

    input: KerasLayer
    convs: tuple[KerasLayer, ...]
    layer: str
    last_pool: bool | None

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the map of each convolution."""
        return tuple(conv.width for conv in self.convs)


@dataclass(frozen=True)
class KerasNetwork:
    """A Keras model as the parts of ours.

    Attributes:
        streams: The spatial stream, then the flow stream if there is one.
        operator: The fusion operator; concat for a single stream.
        fused_in_order: Whether the spatial stream is the first input of the fusion.
        dense: The three dense layers of the head.
        dropout: Dropout rate of the head; None if the file does not have it.
        input_scaling: Scaling of the images in the network: standard or unit.
    """

    streams: tuple[KerasStream, ...]
    operator: str
    fused_in_order: bool
    dense: tuple[KerasLayer, ...]
    dropout: float | None
    input_scaling: str = "unit"


def find_network(model: KerasModel, *, spatial_input: str = "") -> KerasNetwork:
    """Return the report's network in a Keras model.

    Args:
        model: The content of a file; weights alone are assumed to be connected as in the notebooks.
        spatial_input: Name of the input of the face; without it, the first input, as in the notebooks.

    Raises:
        BundleError: a layer has no counterpart here, or computes something else; the message names it.
        ConfigError: no input has this name, or the names of the inputs contradict the order.
    """
    plain, scaling = without_scaling(model)
    for layer in plain.layers.values():
        if layer.kind not in _KNOWN:
            raise _refusal(layer, "has no counterpart in the report's networks" + _hint(model))
    graph = plain if model.outputs else _as_in_the_notebooks(plain)
    if len(graph.outputs) != 1:
        raise BundleError(
            f"The Keras model has {len(graph.outputs)} output layers; ferfusion can import models with 1"
        )
    trunk = _walk_back(graph, graph.outputs[0])
    branches, head = _branches_and_head(graph, trunk)
    streams = {branch[0].name: _stream(branch) for branch in branches}
    _refuse_other_layers(graph, [*head, *(layer for branch in branches for layer in branch)])
    order = _order(graph, list(streams), spatial_input)
    dense, dropout = _head(head)
    return KerasNetwork(
        streams=tuple(streams[name] for name in order),
        operator=OPERATORS.get(trunk[0].kind, "concat"),
        fused_in_order=order == list(streams),
        dense=dense,
        dropout=dropout if model.outputs else None,
        input_scaling=scaling,
    )


def _walk_back(model: KerasModel, last: str) -> list[KerasLayer]:
    """Return the chain of layers that ends with ``last``; the chain starts after a branch, or at an input."""
    chain = [model.layers[last]]
    while len(chain[-1].sources) == 1:
        chain.append(model.layers[chain[-1].sources[0]])
    return chain[::-1]


def _branches_and_head(
    model: KerasModel, trunk: list[KerasLayer]
) -> tuple[list[list[KerasLayer]], list[KerasLayer]]:
    """Return the layers of each stream, and the layers of the head."""
    first = trunk[0]
    if first.kind == "InputLayer":
        ends = [index for index, layer in enumerate(trunk) if layer.kind in (_FLATTEN.kind, _GAP.kind)]
        cut = ends[0] + 1 if ends else len(trunk)
        return [trunk[:cut]], trunk[cut:]
    if first.kind not in OPERATORS or len(first.sources) != 2:
        raise _refusal(first, f"fuses {counted(len(first.sources), 'stream')}; the report's networks have 2")
    if first.settings.get("axis", -1) not in (-1, 1):
        raise _refusal(first, f"has axis {first.settings['axis']!s:.80}; the report's networks have -1")
    return [_walk_back(model, source) for source in first.sources], trunk[1:]


def _stream(layers: Sequence[KerasLayer]) -> KerasStream:
    for layer, step in zip(layers, STREAM, strict=False):
        _check(layer, step)
    body, tail = layers[: len(STREAM)], layers[len(STREAM) :]
    for fusion_layer, ends in ENDS.items():
        for end in ends:
            if [layer.kind for layer in tail] == [step.kind for step in end]:
                for layer, step in zip(tail, end, strict=True):
                    _check(layer, step)
                last_pool = _MEAN in end if fusion_layer == "flatten" else None
                convs = tuple(layer for layer in body if layer.kind == "Conv2D")
                return KerasStream(layers[0], convs, fusion_layer, last_pool)
    raise _refusal(
        layers[-1],
        "is not the end of a stream of the report: a stream has five convolutions, then average pooling and "
        "flatten, or flatten, or global average pooling",
    )


def _head(layers: Sequence[KerasLayer]) -> tuple[tuple[KerasLayer, ...], float | None]:
    """Return the dense layers, and the rate of the first dropout layer (0 if there is none)."""
    dense = tuple(layer for layer in layers if layer.kind != "Dropout")
    rates = [layer.settings.get("rate") for layer in layers if layer.kind == "Dropout"]
    if len(dense) != len(HEAD):
        raise BundleError(
            f"The head of the Keras model has {counted(len(dense), 'layer')}, wanted {len(HEAD)} dense layers"
        )
    for layer, step in zip(dense, HEAD, strict=True):
        _check(layer, step)
    return dense, rates[0] if rates else 0.0


def _check(layer: KerasLayer, step: Step) -> None:
    """Refuse a layer that computes something else than the report's; missing settings count as equal."""
    if layer.kind != step.kind:
        raise _refusal(layer, f"is in the place of a {step.kind} of the report's networks")
    if step.kind in _KERNEL_AXES:
        if len(layer.weights) != 2:
            raise _refusal(layer, f"has {len(layer.weights)} arrays of weights; expected a kernel and a bias")
        kernel, bias = layer.weights
        if kernel.ndim != _KERNEL_AXES[step.kind] or bias.shape != kernel.shape[-1:]:
            raise _refusal(layer, f"has a kernel of shape {kernel.shape} and a bias of shape {bias.shape}")
    for name, wanted in step.settings.items():
        found = layer.settings.get(name, wanted)
        found = tuple(found) if isinstance(found, list) else found
        if found != wanted:
            raise _refusal(layer, f"has {name} {found!s:.80}, the report's networks have {wanted}")


def _refuse_other_layers(model: KerasModel, found: Sequence[KerasLayer]) -> None:
    """Refuse a model with a layer that two streams share, or that no stream and no head has."""
    names = [layer.name for layer in found]
    for layer in model.layers.values():
        if names.count(layer.name) != 1 and layer.kind not in OPERATORS:
            raise _refusal(
                layer,
                "is used by several streams" if layer.name in names else "is not connected to the output",
            )


def _order(model: KerasModel, found: list[str], spatial_input: str) -> list[str]:
    """Return the names of the inputs, the input of the face first."""
    inputs = [name for name in model.inputs if name in found]
    if spatial_input:
        choose(dict.fromkeys(inputs), spatial_input, what="input of the Keras model")
        return sorted(inputs, key=lambda name: name != spatial_input)
    if len(inputs) == 2 and (_has_word(inputs[0], *_FLOW_WORDS) or _has_word(inputs[1], *_FACE_WORDS)):
        raise ConfigError(
            f"The inputs of the Keras model are {inputs[0]!r} and {inputs[1]!r}, in this order; in the "
            "notebooks, the face is first. Name the input of the face with --spatial-input"
        )
    return inputs


def _has_word(name: str, *words: str) -> bool:
    return any(word in name.lower() for word in words)


def _as_in_the_notebooks(model: KerasModel) -> KerasModel:
    """Return weights alone as a model: the layers of each kind alternate between the streams, as in Keras."""
    fusion = [layer for layer in model.layers.values() if layer.kind in OPERATORS]
    streams = 2 if fusion else 1
    chains = [_stream_chain(model, stream, streams) for stream in range(streams)]
    head = [layer for layer in model.layers.values() if layer.kind == "Dense"]
    trunk = [*fusion, *head] if fusion else [*chains[0], *head]
    linked = {layer.name: layer for layer in model.layers.values() if layer.kind != "Dropout"}
    linked |= {layer.name: layer for chain in chains for layer in _linked(chain)}
    linked |= {layer.name: layer for layer in _linked(trunk)}
    if fusion:
        ends = tuple(chain[-1].name for chain in chains)
        linked[fusion[0].name] = replace(fusion[0], sources=ends)
    return KerasModel(linked, tuple(chain[0].name for chain in chains), (trunk[-1].name,), model.version)


def _stream_chain(model: KerasModel, stream: int, streams: int) -> list[KerasLayer]:
    """Return the layers of one stream, its input layer first, in the order of the notebooks."""
    of_kind = {
        kind: iter([layer for layer in model.layers.values() if layer.kind == kind][stream::streams])
        for kind in _KNOWN
    }
    inputs = next(of_kind["InputLayer"], KerasLayer(f"input {stream + 1}", "InputLayer"))
    chain = [inputs]
    kinds = [step.kind for step in STREAM[1:]] + [_MEAN.kind, _FLATTEN.kind, _GAP.kind]
    chain += [layer for kind in kinds for layer in _first(of_kind[kind])]
    return chain


def _first(layers: Iterator[KerasLayer]) -> list[KerasLayer]:
    layer = next(layers, None)
    return [] if layer is None else [layer]


def _linked(chain: Sequence[KerasLayer]) -> list[KerasLayer]:
    """Return the layers, each with the layer before it as its source."""
    return [chain[0], *(replace(layer, sources=(before.name,)) for before, layer in pairwise(chain))]


def _hint(model: KerasModel) -> str:
    return "" if model.outputs else "; the file has weights alone: save the whole model with model.save"


def _refusal(layer: KerasLayer, why: str) -> BundleError:
    return BundleError(f"The {layer} of the Keras model {why}; ferfusion cannot import it")
