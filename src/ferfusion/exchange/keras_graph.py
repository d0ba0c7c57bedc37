"""Find the report's network in a Keras model: its streams, how they meet, and its head, whatever the names.

Every layer that is found has been held against the network of section 3, so that nothing is taken along that
would compute something else here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.keras_files import KerasLayer, KerasModel
from ferfusion.lookup import choose

OPERATORS = MappingProxyType(
    {"Concatenate": "concat", "Add": "sum", "Average": "average", "Maximum": "max", "Multiply": "product"}
)
"""Keras' kinds of layer that fuse, with our names."""


@dataclass(frozen=True)
class _Step:
    """What a layer must be: its kind, and those of its settings that change what it computes."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)


def _conv(side: int) -> _Step:
    settings = {"strides": (1, 1), "padding": "valid", "dilation_rate": (1, 1), "groups": 1, "use_bias": True}
    return _Step("Conv2D", {"kernel_size": (side, side), "activation": "relu", **_ORDER, **settings})


def _pool(kind: str, side: int) -> _Step:
    return _Step(kind, {"pool_size": (side, side), "strides": (2, 2), "padding": "valid", **_ORDER})


def _dense(activation: str) -> _Step:
    return _Step("Dense", {"activation": activation, "use_bias": True})


_ORDER = {"data_format": "channels_last"}
_MEAN = _pool("AveragePooling2D", 3)
_STREAM = (
    _Step("InputLayer"),
    _conv(5),
    _pool("MaxPooling2D", 5),
    _conv(3),
    _conv(3),
    _MEAN,
    _conv(3),
    _conv(3),
)
_FLATTEN = _Step("Flatten", _ORDER)
_GAP = _Step("GlobalAveragePooling2D", {"keepdims": False, **_ORDER})
_ENDS = MappingProxyType({"flatten": ((_MEAN, _FLATTEN), (_FLATTEN,)), "gap": ((_GAP,),)})
"""How a stream may end after its last convolution, by fusion layer."""
_HEAD = (_dense("relu"), _dense("relu"), _dense("softmax"))
_WITH_WEIGHTS = ("Conv2D", "Dense")
_FACE_WORDS, _FLOW_WORDS = ("spatial", "face"), ("flow", "motion")
_KNOWN = {step.kind for step in (*_STREAM, _FLATTEN, _GAP, *_HEAD)} | {"Dropout", *OPERATORS}


@dataclass(frozen=True)
class KerasStream:
    """One stream of a Keras model.

    Attributes:
        input: Its input layer.
        convs: Its five convolutions.
        layer: The fusion layer that it ends with: flatten or gap.
        last_pool: Whether an average pooling stands before the flatten; None for gap, where that is all one.
    """

    input: KerasLayer
    convs: tuple[KerasLayer, ...]
    layer: str
    last_pool: bool | None

    @property
    def channels(self) -> tuple[int, int]:
        """Channels of its first and of its last convolution."""
        first, last = (conv.weights[0].shape[-1] for conv in (self.convs[0], self.convs[-1]))
        return first, last


@dataclass(frozen=True)
class KerasNetwork:
    """A Keras model as the parts of ours.

    Attributes:
        streams: The spatial stream, then the flow stream if there is one.
        operator: How they are fused; concat where there is one stream.
        fused_in_order: Whether the fusion takes the spatial stream first.
        dense: The three dense layers of the head.
        dropout: Share of the head's hidden units that training dropped; None if the file does not say.
    """

    streams: tuple[KerasStream, ...]
    operator: str
    fused_in_order: bool
    dense: tuple[KerasLayer, ...]
    dropout: float | None


def find_network(model: KerasModel, *, spatial_input: str = "") -> KerasNetwork:
    """Return the parts of a Keras model that has the report's network.

    Args:
        model: What a file holds; where it has weights alone, they are taken to hang together as the notebooks
            have it.
        spatial_input: Name of the input that takes the face; where it is not given, the first one, as in the
            notebooks.

    Raises:
        BundleError: a layer has no counterpart here, or computes something else; the message names it.
        ConfigError: no input has that name, or the names say that the first input is not the face's.
    """
    for layer in model.layers.values():
        if layer.kind not in _KNOWN:
            raise _unmapped(layer, "has no counterpart in the report's networks" + _hint(model))
    graph = model if model.outputs else _as_in_the_notebooks(model)
    if len(graph.outputs) != 1:
        raise BundleError(
            f"The Keras model has {len(graph.outputs)} outputs, wanted 1; ferfusion cannot map it"
        )
    trunk = _walk_back(graph, graph.outputs[0])
    branches, head = _parted(graph, trunk)
    streams = {branch[0].name: _stream(branch) for branch in branches}
    _refuse_leftovers(graph, [*head, *(layer for branch in branches for layer in branch)])
    order = _order(graph, list(streams), spatial_input)
    dense, dropout = _head(head)
    return KerasNetwork(
        streams=tuple(streams[name] for name in order),
        operator=OPERATORS.get(trunk[0].kind, "concat"),
        fused_in_order=order == list(streams),
        dense=dense,
        dropout=dropout if model.outputs else None,
    )


def _walk_back(model: KerasModel, last: str) -> list[KerasLayer]:
    """Return the layers up to ``last``, from the nearest one before it that has no source or several."""
    chain = [model.layers[last]]
    while len(chain[-1].sources) == 1:
        chain.append(model.layers[chain[-1].sources[0]])
    return chain[::-1]


def _parted(model: KerasModel, trunk: list[KerasLayer]) -> tuple[list[list[KerasLayer]], list[KerasLayer]]:
    """Return the layers of each stream, and those of the head."""
    first = trunk[0]
    if first.kind == "InputLayer":
        ends = [place for place, layer in enumerate(trunk) if layer.kind in (_FLATTEN.kind, _GAP.kind)]
        cut = ends[0] + 1 if ends else len(trunk)
        return [trunk[:cut]], trunk[cut:]
    if first.kind not in OPERATORS or len(first.sources) != 2:
        raise _unmapped(first, f"joins {len(first.sources)} streams, wanted 2")
    if first.settings.get("axis", -1) not in (-1, 1):
        raise _unmapped(first, f"has axis {first.settings['axis']}, wanted -1")
    return [_walk_back(model, source) for source in first.sources], trunk[1:]


def _stream(layers: Sequence[KerasLayer]) -> KerasStream:
    for layer, step in zip(layers, _STREAM, strict=False):
        _check(layer, step)
    body, tail = layers[: len(_STREAM)], layers[len(_STREAM) :]
    for fusion_layer, ends in _ENDS.items():
        for end in ends:
            if [layer.kind for layer in tail] == [step.kind for step in end]:
                for layer, step in zip(tail, end, strict=True):
                    _check(layer, step)
                last_pool = _MEAN in end if fusion_layer == "flatten" else None
                convs = tuple(layer for layer in body if layer.kind == "Conv2D")
                return KerasStream(layers[0], convs, fusion_layer, last_pool)
    raise _unmapped(
        layers[-1],
        "is not how a stream of the report ends: five convolutions, then average pooling and flatten, "
        "flatten, or global average pooling",
    )


def _head(layers: Sequence[KerasLayer]) -> tuple[tuple[KerasLayer, ...], float | None]:
    """Return the dense layers, and the dropout of the first dropout layer (0 where there is none)."""
    dense = tuple(layer for layer in layers if layer.kind != "Dropout")
    rates = [layer.settings.get("rate") for layer in layers if layer.kind == "Dropout"]
    if len(dense) != len(_HEAD):
        raise BundleError(
            f"The head of the Keras model has {len(dense)} layers, wanted {len(_HEAD)} dense ones"
        )
    for layer, step in zip(dense, _HEAD, strict=True):
        _check(layer, step)
    return dense, rates[0] if rates else 0.0


def _check(layer: KerasLayer, step: _Step) -> None:
    """Make sure that a layer computes what the report's does; what the file leaves out is taken to be so."""
    if layer.kind != step.kind:
        raise _unmapped(layer, f"stands where the report's networks have {step.kind}")
    if step.kind in _WITH_WEIGHTS and len(layer.weights) != 2:
        raise _unmapped(layer, f"has {len(layer.weights)} arrays of weights, wanted a kernel and a bias")
    for name, wanted in step.settings.items():
        found = layer.settings.get(name, wanted)
        found = tuple(found) if isinstance(found, list) else found
        if found != wanted:
            raise _unmapped(layer, f"has {name} {found}, the report's networks have {wanted}")


def _refuse_leftovers(model: KerasModel, found: Sequence[KerasLayer]) -> None:
    """Make sure that every layer was found once: no layer is shared, and none leads elsewhere."""
    names = [layer.name for layer in found]
    for layer in model.layers.values():
        if names.count(layer.name) != 1 and layer.kind not in OPERATORS:
            raise _unmapped(layer, "is used by several streams" if layer.name in names else "leads elsewhere")


def _order(model: KerasModel, found: list[str], spatial_input: str) -> list[str]:
    """Return the names of the inputs, that of the face first."""
    inputs = [name for name in model.inputs if name in found]
    if spatial_input:
        choose(dict.fromkeys(inputs), spatial_input, what="input of the Keras model")
        return sorted(inputs, key=lambda name: name != spatial_input)
    if len(inputs) == 2 and (_says(inputs[0], *_FLOW_WORDS) or _says(inputs[1], *_FACE_WORDS)):
        raise ConfigError(
            f"The inputs of the Keras model are {inputs[0]!r} and {inputs[1]!r}, in this order; the "
            "notebooks have the face first. Say which one takes the face with --spatial-input"
        )
    return inputs


def _says(name: str, *words: str) -> bool:
    return any(word in name.lower() for word in words)


def _as_in_the_notebooks(model: KerasModel) -> KerasModel:
    """Return weights alone as a model: layers of a kind are dealt to the streams in turn, as Keras does."""
    fusion = [layer for layer in model.layers.values() if layer.kind in OPERATORS]
    streams = 2 if fusion else 1
    hands = [_deal(model, stream, streams) for stream in range(streams)]
    head = [layer for layer in model.layers.values() if layer.kind == "Dense"]
    trunk = [*fusion, *head] if fusion else [*hands[0], *head]
    linked = {layer.name: layer for layer in model.layers.values() if layer.kind != "Dropout"}
    linked |= {layer.name: layer for hand in hands for layer in _linked(hand)}
    linked |= {layer.name: layer for layer in _linked(trunk)}
    if fusion:
        ends = tuple(hand[-1].name for hand in hands)
        linked[fusion[0].name] = replace(fusion[0], sources=ends)
    return KerasModel(linked, tuple(hand[0].name for hand in hands), (trunk[-1].name,), model.version)


def _deal(model: KerasModel, stream: int, streams: int) -> list[KerasLayer]:
    """Return the layers of one of the streams, an input layer first, in the order of the notebooks."""
    of_kind = {
        kind: iter([layer for layer in model.layers.values() if layer.kind == kind][stream::streams])
        for kind in _KNOWN
    }
    inputs = next(of_kind["InputLayer"], KerasLayer(f"input {stream + 1}", "InputLayer"))
    hand = [inputs]
    kinds = [step.kind for step in _STREAM[1:]] + [_MEAN.kind, _FLATTEN.kind, _GAP.kind]
    hand += [layer for kind in kinds for layer in _first(of_kind[kind])]
    return hand


def _first(layers: Iterator[KerasLayer]) -> list[KerasLayer]:
    layer = next(layers, None)
    return [] if layer is None else [layer]


def _linked(chain: Sequence[KerasLayer]) -> list[KerasLayer]:
    """Return the layers, each reading from the one before it."""
    return [chain[0], *(replace(layer, sources=(before.name,)) for before, layer in pairwise(chain))]


def _hint(model: KerasModel) -> str:
    return "" if model.outputs else "; the file has weights alone: save the whole model with model.save"


def _unmapped(layer: KerasLayer, why: str) -> BundleError:
    return BundleError(f"The {layer} of the Keras model {why}; ferfusion cannot map it")
