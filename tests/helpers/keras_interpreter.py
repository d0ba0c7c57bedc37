"""Computes what a Keras model computes, layer by layer from its settings, in 64 bits; independent of ours."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ferfusion.exchange.keras_files import KerasLayer, KerasModel

ACTIVATIONS = {"relu": torch.relu, "softmax": lambda x: x.softmax(-1)}


def answer(model: KerasModel, *images: Tensor) -> Tensor:
    """Return the probabilities of images (B, S, S, 3), in the order of the model's inputs."""
    found = {name: image.double() for name, image in zip(model.inputs, images, strict=False)}
    for layer in model.layers.values():
        if layer.kind != "InputLayer":
            found[layer.name] = LAYERS[layer.kind](layer, *(found[source] for source in layer.sources))
    return found[model.outputs[0]]


def _conv(layer: KerasLayer, image: Tensor) -> Tensor:
    kernel, bias = (torch.from_numpy(array).double() for array in layer.weights)
    assert layer.settings["kernel_size"] == kernel.shape[:2]
    maps = F.conv2d(image.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), bias)
    return ACTIVATIONS[layer.settings["activation"]](maps.permute(0, 2, 3, 1))


def _dense(layer: KerasLayer, vector: Tensor) -> Tensor:
    kernel, bias = (torch.from_numpy(array).double() for array in layer.weights)
    return ACTIVATIONS[layer.settings["activation"]](vector @ kernel + bias)


def _pool(pool: Callable[..., Tensor]) -> Callable[[KerasLayer, Tensor], Tensor]:
    def compute(layer: KerasLayer, maps: Tensor) -> Tensor:
        sizes: dict[str, Any] = {
            "kernel_size": layer.settings["pool_size"],
            "stride": layer.settings["strides"],
        }
        return pool(maps.permute(0, 3, 1, 2), **sizes).permute(0, 2, 3, 1)

    return compute


def _norm(layer: KerasLayer, image: Tensor) -> Tensor:
    axes = layer.settings["axis"]
    variance = image.var(axes, correction=0, keepdim=True)
    return (image - image.mean(axes, keepdim=True)) / (variance + layer.settings["epsilon"]).sqrt()


LAYERS: dict[str, Callable[..., Tensor]] = {
    "Conv2D": _conv,
    "Dense": _dense,
    "MaxPooling2D": _pool(F.max_pool2d),
    "AveragePooling2D": _pool(F.avg_pool2d),
    "GlobalAveragePooling2D": lambda layer, maps: maps.mean((1, 2), keepdim=layer.settings["keepdims"]),
    "Flatten": lambda _, maps: maps.reshape(len(maps), -1),
    "Dropout": lambda _, vector: vector,
    "Concatenate": lambda layer, *vectors: torch.cat(vectors, layer.settings["axis"]),
    "Add": lambda _, first, second: first + second,
    "Average": lambda _, first, second: (first + second) / 2,
    "Multiply": lambda _, first, second: first * second,
    "Maximum": lambda _, first, second: torch.maximum(first, second),
    "Minimum": lambda _, first, second: torch.minimum(first, second),
    "Subtract": lambda _, first, second: first - second,
    "ReLU": lambda _, image: image.relu(),
    "Rescaling": lambda layer, image: image * layer.settings["scale"] + layer.settings["offset"],
    "LayerNormalization": _norm,
}
