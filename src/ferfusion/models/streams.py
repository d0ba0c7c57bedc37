"""The tables of streams: the CNNs that read an image, and those that read a window of crops."""

from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from types import MappingProxyType
from typing import Protocol

import torch
from torch.func import functional_call

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.models.backbones import Backbone, ResNet50, Vgg16, Vgg19
from ferfusion.models.bases import Stream
from ferfusion.models.conv3d import Conv3dStream
from ferfusion.models.efficientnet import EfficientNetLite0
from ferfusion.models.mobilenet import MobileNet
from ferfusion.models.r3d import R3d18
from ferfusion.models.residual import RESIDUAL_SHAPES, ResidualStream
from ferfusion.models.residual import SMALLEST_SIZE as RESIDUAL_SMALLEST
from ferfusion.models.small_cnn import SMALL_SHAPES, SMALLEST_SIZE, SmallStream, find_small_shape


class MakeStream(Protocol):
    """Makes a stream."""

    def __call__(self, *, scaling: str, in_channels: int) -> Stream:
        """Return a new stream with a scaling of ``INPUT_SCALINGS``, for images of so many channels."""


class MakeStream3d(Protocol):
    """Makes a stream that reads windows of crops."""

    def __call__(self, *, scaling: str) -> Stream:
        """Return a new stream with a scaling of ``INPUT_SCALINGS``."""


@dataclass(frozen=True)
class StreamKind:
    """A stream that reads an image.

    Attributes:
        make: Makes the stream.
        smallest_size: Side of the smallest square image that it can read, in pixels.
    """

    make: MakeStream
    smallest_size: int


@dataclass(frozen=True)
class StreamKind3d:
    """A stream that reads a window of crops; the attributes are those of ``StreamKind``."""

    make: MakeStream3d
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
BACKBONES_3D: MappingProxyType[str, type[R3d18]] = MappingProxyType({"r3d18": R3d18})
STREAMS: MappingProxyType[str, StreamKind] = MappingProxyType(
    {name: StreamKind(partial(SmallStream, shape), SMALLEST_SIZE) for name, shape in SMALL_SHAPES.items()}
    | {
        name: StreamKind(partial(ResidualStream, shape), RESIDUAL_SMALLEST)
        for name, shape in RESIDUAL_SHAPES.items()
    }
    | {name: StreamKind(backbone, backbone.smallest_size) for name, backbone in BACKBONES.items()}
)
STREAMS_3D: MappingProxyType[str, StreamKind3d] = MappingProxyType(
    {name: StreamKind3d(partial(Conv3dStream, shape), SMALLEST_SIZE) for name, shape in SMALL_SHAPES.items()}
    | {name: StreamKind3d(backbone, backbone.smallest_size) for name, backbone in BACKBONES_3D.items()}
)


def find_stream(name: str) -> StreamKind:
    """Return a stream of the table, or a small CNN whose name has its own channels.

    Raises:
        ConfigError: there is no stream of this name, it reads windows alone, or its channels are out of
            bounds.

    >>> find_stream("listing-32-64").smallest_size
    48
    """
    shape = find_small_shape(name)
    if shape is not None:
        return StreamKind(partial(SmallStream, shape), SMALLEST_SIZE)
    if name in BACKBONES_3D:
        raise ConfigError(f"The stream {name!r} reads windows of crops alone; choose the architecture conv3d")
    return choose(STREAMS, name, what="stream")


def find_stream_3d(name: str) -> StreamKind3d:
    """Return the form of a stream that reads windows.

    Raises:
        ConfigError: there is no stream of this name, it has no such form, or its channels are out of bounds.

    >>> find_stream_3d("r3d18").smallest_size
    17
    """
    shape = find_small_shape(name)
    if shape is not None:
        return StreamKind3d(partial(Conv3dStream, shape), SMALLEST_SIZE)
    if name in STREAMS:
        raise ConfigError(
            f"The stream {name!r} has no 3D form; choose one of {', '.join(STREAMS_3D)}, or an architecture "
            "without conv3d"
        )
    return choose(STREAMS_3D, name, what="stream")


@cache
def map_side(stream: str, size: int) -> int:
    """Return the side of a stream's last map for a square image of ``size`` pixels.

    >>> map_side("listing", 48), map_side("listing", 64)
    (3, 7)
    """
    is_3d = stream in BACKBONES_3D
    with torch.device("meta"):  # no weights are drawn
        built: Stream = (
            find_stream_3d(stream).make(scaling="unit")
            if is_3d
            else find_stream(stream).make(scaling="unit", in_channels=3)
        )
    # computed on the processor: for its device meta, torch loads a compiler, which takes seconds
    with torch.device("cpu"), torch.inference_mode():
        tensors = chain(built.eval().named_parameters(), built.named_buffers())
        zeros = {name: torch.zeros(tensor.shape) for name, tensor in tensors}
        side: int = functional_call(built, zeros, torch.zeros(1, *[1] * is_3d, 3, size, size)).shape[-1]
    return side
