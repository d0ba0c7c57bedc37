"""One stream: the small CNN of the report's listing and Table 1 (section 3)."""

from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.scaling import INPUT_SCALINGS

SMALLEST_SIZE = 48
"""Below this side, in pixels, the map of the last convolution is smaller than its average pooling."""


@dataclass(frozen=True)
class StreamWidth:
    """Channels of the first three and the last two convolutions, and whether an average pooling follows."""

    early: int
    late: int
    last_pool: bool = True


STREAM_WIDTHS = MappingProxyType(
    {
        "listing": StreamWidth(64, 128),
        "table1": StreamWidth(128, 256),
        "spatial-map": StreamWidth(128, 256, last_pool=False),
    }
)


def map_side(size: int) -> int:
    """Return the side of a stream's last map for a square input of ``size`` pixels.

    >>> map_side(48), map_side(64)
    (3, 7)
    """
    after_max_pool = (size - 4 - 5) // 2 + 1
    after_average_pool = (after_max_pool - 4 - 3) // 2 + 1
    return after_average_pool - 4


class ConvStream(nn.Module):
    """Five convolutions with valid padding; shapes at line ends are for 48x48 input at ``listing`` width.

    The last map is left whole: the fusion layer pools it.
    """

    def __init__(self, width: StreamWidth, *, scaling: str) -> None:
        super().__init__()
        self.scale = INPUT_SCALINGS[scaling]
        self.out_channels = width.late
        self.conv1 = nn.Conv2d(3, width.early, 5)
        self.pool1 = nn.MaxPool2d(5, stride=2)
        self.conv2 = nn.Conv2d(width.early, width.early, 3)
        self.conv3 = nn.Conv2d(width.early, width.early, 3)
        self.pool2 = nn.AvgPool2d(3, stride=2)
        self.conv4 = nn.Conv2d(width.early, width.late, 3)
        self.conv5 = nn.Conv2d(width.late, width.late, 3)

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map of ``image`` (B, 3, S, S) in [0, 1]."""
        x = self.scale(image)  # (B, 3, 48, 48) -> (B, 3, 48, 48)
        # ReLU and max commute: after the pool it has a fifth of the values to pass over
        x = F.relu(self.pool1(self.conv1(x)))  # -> (B, 64, 20, 20)
        x = F.relu(self.conv2(x))  # -> (B, 64, 18, 18)
        x = F.relu(self.conv3(x))  # -> (B, 64, 16, 16)
        x = self.pool2(x)  # -> (B, 64, 7, 7)
        x = F.relu(self.conv4(x))  # -> (B, 128, 5, 5)
        return F.relu(self.conv5(x))  # -> (B, 128, 3, 3)
