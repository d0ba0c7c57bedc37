"""What a stream does to its image, which is in [0, 1], before the first convolution."""

from collections.abc import Callable
from types import MappingProxyType

from torch import Tensor

SMALLEST_DEVIATION = 0.02
"""Of an image's values; a fainter image, such as the flow of a face at rest, is not drawn out beyond it."""


def standardise(image: Tensor) -> Tensor:
    """Take each channel's mean from each image (B, C, S, S) and divide the image by its deviation.

    A face's colour and light go, and of a motion what the whole face shares. From values in [0, 1] alone,
    with Keras' initial weights, the small corpora of this field leave the network at chance for many epochs.
    """
    centred = image - image.mean(dim=(2, 3), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return centred / deviation.clamp(min=SMALLEST_DEVIATION)


def keep_unit(image: Tensor) -> Tensor:
    """Return the image as it is, in [0, 1]: what the report does."""
    return image


INPUT_SCALINGS: MappingProxyType[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {"standard": standardise, "unit": keep_unit}
)
