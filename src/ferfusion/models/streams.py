"""The table of streams: the CNNs that read an image."""

from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from types import MappingProxyType
from typing import Protocol

import torch
from torch.func import functional_call

from ferfusion.lookup import choose
from ferfusion.models.backbones import Backbone, ResNet50, Vgg16, Vgg19
from ferfusion.models.bases import Stream
from ferfusion.models.efficientnet import EfficientNetLite0
from ferfusion.models.mobilenet import MobileNet
from ferfusion.models.residual import RESIDUAL_SHAPES, ResidualStream
from ferfusion.models.residual import SMALLEST_SIZE as RESIDUAL_SMALLEST
from ferfusion.models.small_cnn import SMALL_SHAPES, SMALLEST_SIZE, SmallStream, find_small_shape


class MakeStream(Protocol):
    """Makes a stream."""

    def __call__(self, *, scaling: str, in_channels: int) -> Stream:
        """Return a new stream with a scaling of ``INPUT_SCALINGS``, for images of so many channels."""


@dataclass(frozen=True)
class StreamKind:
    """One item of the table.

    Attributes:
        make: Makes the stream.
        smallest_size: Side of the smallest square image that it can read, in pixels.
    """

    make: MakeStream
    smallest_size: int


BACKBONES: MappingProxyType[str, type[Backbone]] = MappingProxyType(
    {
        "vgg16": Vgg16,
        "vgg19": Vgg19,
        "resnet50": ResNet50,
        "mobilenet": MobileNet,
        "efficientnet-lite0": EfficientNetLite0,
    }
)
STREAMS: MappingProxyType[str, StreamKind] = MappingProxyType(
    {name: StreamKind(partial(SmallStream, shape), SMALLEST_SIZE) for name, shape in SMALL_SHAPES.items()}
    | {
        name: StreamKind(partial(ResidualStream, shape), RESIDUAL_SMALLEST)
        for name, shape in RESIDUAL_SHAPES.items()
    }
    | {name: StreamKind(backbone, backbone.smallest_size) for name, backbone in BACKBONES.items()}
)


def find_stream(name: str) -> StreamKind:
    """Return a stream of the table, or a small CNN whose name has its own channels.

    Raises:
        ConfigError: there is no stream of this name, or its channels are out of bounds.

    >>> find_stream("listing-32-64").smallest_size
    48
    """
    shape = find_small_shape(name)
    if shape is None:
        return choose(STREAMS, name, what="stream")
    return StreamKind(partial(SmallStream, shape), SMALLEST_SIZE)


@cache
def map_side(stream: str, size: int) -> int:
    """Return the side of a stream's last map for a square image of ``size`` pixels.

    >>> map_side("listing", 48), map_side("listing", 64)
    (3, 7)
    """
    with torch.device("meta"):  # no weights are drawn
        built = find_stream(stream).make(scaling="unit", in_channels=3)
    # computed on the processor: for its device meta, torch loads a compiler, which takes seconds
    with torch.device("cpu"), torch.inference_mode():
        tensors = chain(built.eval().named_parameters(), built.named_buffers())
        zeros = {name: torch.zeros(tensor.shape) for name, tensor in tensors}
        side: int = functional_call(built, zeros, torch.zeros(1, 3, size, size)).shape[-1]
    return side
