"""The small CNN of the report's listing and Table 1 (section 3), with their channels or other ones."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.errors import ConfigError
from ferfusion.models.bases import Stream
from ferfusion.models.scaling import INPUT_SCALINGS

SMALLEST_SIZE = 48
"""In pixels; below it, the map of the last convolution is smaller than the kernel of its average pooling."""
MOST_CHANNELS = 1024


@dataclass(frozen=True)
class SmallShape:
    """Channels of the first three and the last two convolutions, and whether an average pooling follows."""

    early: int
    late: int
    last_pool: bool = True


SMALL_SHAPES = MappingProxyType(
    {
        "listing": SmallShape(64, 128),
        "table1": SmallShape(128, 256),
        "spatial-map": SmallShape(128, 256, last_pool=False),
    }
)
_OTHER_CHANNELS = re.compile("(listing|spatial-map)-([0-9]{1,9})-([0-9]{1,9})")


def find_small_shape(name: str) -> SmallShape | None:
    """Return the shape of a small CNN by its name, None for another stream.

    A name such as ``listing-32-64`` has its own channels.

    Raises:
        ConfigError: a number of channels is out of bounds.

    >>> find_small_shape("listing-32-64")
    SmallShape(early=32, late=64, last_pool=True)
    """
    found = _OTHER_CHANNELS.fullmatch(name)
    if found is None:
        return SMALL_SHAPES.get(name)
    if any(number.startswith("0") or int(number) > MOST_CHANNELS for number in found.groups()[1:]):
        raise ConfigError(
            f"The channels in the name of a stream must be from 1 to {MOST_CHANNELS:,}, such as "
            f"listing-32-64, got {name!r}"
        )
    return SmallShape(int(found[2]), int(found[3]), last_pool=SMALL_SHAPES[found[1]].last_pool)


def small_shape_name(shape: SmallShape) -> str:
    """Return the name of a shape, which ``find_small_shape`` reads.

    >>> small_shape_name(SmallShape(64, 128)), small_shape_name(SmallShape(32, 64, last_pool=False))
    ('listing', 'spatial-map-32-64')
    """
    names = (name for name, known in SMALL_SHAPES.items() if known == shape)
    base = "listing" if shape.last_pool else "spatial-map"
    return next(names, f"{base}-{shape.early}-{shape.late}")


class LateBiasConv(nn.Conv2d):
    """A convolution whose bias is added by its caller, after a max pool that follows.

    Measured on a CPU: the gradient of the first convolution's bias takes 0.7 of the time of its kernel's
    gradient, but almost none after the pool; a whole training step then takes 0.89 of the time.
    """

    @property
    def late_bias(self) -> Tensor:
        """The bias in the shape of a map, (C, 1, 1)."""
        assert self.bias is not None
        return self.bias[:, None, None]

    def forward(self, image: Tensor) -> Tensor:
        """Return the map without the bias."""
        return F.conv2d(image, self.weight)


class SmallStream(Stream):
    """Five convolutions with valid padding; shapes at line ends are for 48x48 input and ``listing``.

    The last map is not pooled: the fusion layer pools it.
    """

    def __init__(self, shape: SmallShape, *, scaling: str, in_channels: int = 3) -> None:
        super().__init__()
        self.scale = INPUT_SCALINGS[scaling]
        self.out_channels, self.last_pool = shape.late, shape.last_pool
        self.conv1 = LateBiasConv(in_channels, shape.early, 5)
        self.pool1 = nn.MaxPool2d(5, stride=2)
        self.conv2 = nn.Conv2d(shape.early, shape.early, 3)
        self.conv3 = nn.Conv2d(shape.early, shape.early, 3)
        self.pool2 = nn.AvgPool2d(3, stride=2)
        self.conv4 = nn.Conv2d(shape.early, shape.late, 3)
        self.conv5 = nn.Conv2d(shape.late, shape.late, 3)

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map of ``image`` (B, in_channels, S, S) in [0, 1]."""
        x = self.scale(image)  # (B, 3, 48, 48) -> (B, 3, 48, 48)
        x = self._first_map(x)  # -> (B, 64, 20, 20)
        x = F.relu(self.conv2(x))  # -> (B, 64, 18, 18)
        x = F.relu(self.conv3(x))  # -> (B, 64, 16, 16)
        x = self.pool2(x)  # -> (B, 64, 7, 7)
        x = F.relu(self.conv4(x))  # -> (B, 128, 5, 5)
        return F.relu(self.conv5(x))  # -> (B, 128, 3, 3)

    def _first_map(self, image: Tensor) -> Tensor:
        """Return the first pooled map; bias and ReLU commute with max, and are faster after it."""
        x = self.pool1(self.conv1(image))  # (B, 3, 48, 48) -> (B, 64, 44, 44) -> (B, 64, 20, 20)
        return F.relu(x + self.conv1.late_bias.to(x.dtype))
