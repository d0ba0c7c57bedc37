"""The table of streams: which CNN looks at an image."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType

import torch

from ferfusion.models.backbones import BACKBONES
from ferfusion.models.bases import Stream
from ferfusion.models.residual import RESIDUAL_SHAPES, ResidualStream
from ferfusion.models.residual import SMALLEST_SIZE as RESIDUAL_SMALLEST
from ferfusion.models.small_cnn import SMALL_SHAPES, SMALLEST_SIZE, SmallStream


@dataclass(frozen=True)
class StreamKind:
    """One item of the table.

    Attributes:
        make: Builds the stream; called with the keywords ``scaling`` (a name of ``INPUT_SCALINGS``) and
            ``in_channels``.
        smallest_size: Smallest side of a square image that it can read, in pixels.
    """

    make: Callable[..., Stream]
    smallest_size: int


STREAMS: MappingProxyType[str, StreamKind] = MappingProxyType(
    {name: StreamKind(partial(SmallStream, shape), SMALLEST_SIZE) for name, shape in SMALL_SHAPES.items()}
    | {
        name: StreamKind(partial(ResidualStream, shape), RESIDUAL_SMALLEST)
        for name, shape in RESIDUAL_SHAPES.items()
    }
    | {name: StreamKind(backbone, backbone.smallest_size) for name, backbone in BACKBONES.items()}
)


@cache
def map_side(stream: str, size: int) -> int:
    """Return the side of a stream's last map for a square image of ``size`` pixels, computing no value of it.

    >>> map_side("listing", 48), map_side("listing", 64)
    (3, 7)
    """
    with torch.device("meta"), torch.inference_mode():
        built = STREAMS[stream].make(scaling="unit", in_channels=3).eval()
        side: int = built(torch.empty(1, 3, size, size)).shape[-1]
    return side
