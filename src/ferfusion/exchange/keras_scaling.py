"""The scaling of an image as layers of a Keras model, written by the export and found by the import.

``standardise`` (models/scaling.py) subtracts the mean of each channel and divides by the deviation of the
image, or by 0.02 if that is larger. Both quotients of a value have its sign, and the division by the larger
one gives the one closer to zero: the smaller of two positive values, the larger of two negative ones. The
rounding of a mean of TensorFlow is large beside a faint image; a second mean removes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ferfusion.errors import BundleError
from ferfusion.exchange.keras_files import KerasLayer, KerasModel
from ferfusion.models.scaling import SMALLEST_DEVIATION


@dataclass(frozen=True)
class _Part:
    """A layer of the scaling: its kind, the parts that it reads (``image`` is the input), its settings."""

    kind: str
    reads: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


_MEAN = {"data_format": "channels_last", "keepdims": True}
# without weights; so small an epsilon also keeps Keras 2 from its fused layer, which has one of 1e-5
_NORM = {"axis": [1, 2, 3], "epsilon": 1e-12, "center": False, "scale": False}
_RELU = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}
_STANDARDISE = MappingProxyType(
    {
        "mean": _Part("GlobalAveragePooling2D", ("image",), _MEAN),
        "near_centre": _Part("Subtract", ("image", "mean")),
        "rest": _Part("GlobalAveragePooling2D", ("near_centre",), _MEAN),
        "centred": _Part("Subtract", ("near_centre", "rest")),
        "by_deviation": _Part("LayerNormalization", ("centred",), _NORM),
        "by_smallest": _Part("Rescaling", ("centred",), {"scale": 1 / SMALLEST_DEVIATION, "offset": 0.0}),
        "lower": _Part("Minimum", ("by_deviation", "by_smallest")),
        "upper": _Part("Maximum", ("by_deviation", "by_smallest")),
        "positive": _Part("ReLU", ("lower",), _RELU),
        "upper_positive": _Part("ReLU", ("upper",), _RELU),
        "negative": _Part("Subtract", ("upper", "upper_positive")),
        "scaled": _Part("Add", ("positive", "negative")),
    }
)
"""The layers of ``standard``, each after those that it reads; the last has the scaled image."""


def scaling_layers(scaling: str, image: str) -> list[KerasLayer]:
    """Return the layers of a scaling of ``INPUT_SCALINGS`` for the input layer ``image``; none for unit."""
    parts = {"unit": MappingProxyType({}), "standard": _STANDARDISE}[scaling]
    return [
        KerasLayer(
            _layer_name(image, name),
            part.kind,
            part.settings,
            tuple(image if source == "image" else _layer_name(image, source) for source in part.reads),
        )
        for name, part in parts.items()
    ]


def without_scaling(model: KerasModel) -> tuple[KerasModel, str]:
    """Return a model without the layers of its scaling, and the name of the scaling.

    A model whose layers are not those of an export is returned unchanged, with unit.

    Raises:
        BundleError: one input has a scaling, and another one has none.
    """
    scaled = [image for image in model.inputs if _is_standardised(model, image)]
    if not scaled:
        return model, "unit"
    if len(scaled) < len(model.inputs):
        raise BundleError(
            f"The input {scaled[0]!r} of the Keras model is standardised, and another input is not; "
            "ferfusion cannot import it"
        )
    blocks = {image: [layer.name for layer in scaling_layers("standard", image)] for image in scaled}
    ends = {names[-1]: image for image, names in blocks.items()}
    inside = {name for names in blocks.values() for name in names}
    layers = {
        name: replace(layer, sources=tuple(ends.get(source, source) for source in layer.sources))
        for name, layer in model.layers.items()
        if name not in inside
    }
    return replace(model, layers=layers), "standard"


def _layer_name(image: str, part: str) -> str:
    return f"{image}_{part}"


def _is_standardised(model: KerasModel, image: str) -> bool:
    """Return whether an input has these layers, and the network reads their end and nothing else of them."""
    block = scaling_layers("standard", image)
    names = [image, *(layer.name for layer in block)]
    read_outside = {
        source for layer in model.layers.values() if layer.name not in names for source in layer.sources
    }
    return read_outside.intersection(names) == {names[-1]} and all(
        _is_same(model.layers.get(layer.name), layer) for layer in block
    )


def _is_same(found: KerasLayer | None, wanted: KerasLayer) -> bool:
    if found is None or (found.kind, found.sources, found.weights) != (wanted.kind, wanted.sources, ()):
        return False
    return all(found.settings.get(name) == value for name, value in wanted.settings.items())
