"""The scaling of a stream's image, which is in [0, 1], before the first convolution."""

from collections.abc import Callable
from types import MappingProxyType

from torch import Tensor

SMALLEST_DEVIATION = 0.02
"""Smallest divisor of an image, so that a faint one, such as the flow of a face at rest, is not amplified."""


def standardise(image: Tensor) -> Tensor:
    """Subtract its mean from each channel of each image (B, C, S, S); divide each image by its deviation.

    This removes a face's colour and light, and from a flow the motion that the whole face shares. On values
    in [0, 1], with Keras' initial weights, a network stays at chance for many epochs on small corpora.
    """
    centred = image - image.mean(dim=(2, 3), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return centred / deviation.clamp(min=SMALLEST_DEVIATION)


def keep_unit(image: Tensor) -> Tensor:
    """Return the image unchanged, in [0, 1], as in the report."""
    return image


INPUT_SCALINGS: MappingProxyType[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {"standard": standardise, "unit": keep_unit}
)
