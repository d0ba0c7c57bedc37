"""Motion from a stack: the crops of a window as the channels of one image (section 8, 2)."""

from torch import Tensor

from ferfusion.models.bases import Stream
from ferfusion.models.streams import find_stream


class FrameStack(Stream):
    """A stream that reads K crops at once, as an image of 3 K channels.

    "Early fusion" of Karpathy et al. 2014, Large-scale Video Classification with CNNs, section 3.1.
    """

    def __init__(self, stream: str, *, frames: int, scaling: str) -> None:
        super().__init__()
        self.stream = find_stream(stream).make(scaling=scaling, in_channels=3 * frames)
        self.out_channels, self.last_pool = self.stream.out_channels, self.stream.last_pool

    def forward(self, frames: Tensor) -> Tensor:
        """Return the last feature map (B, out_channels, h, w) of windows (B, K, 3, S, S)."""
        image = frames.flatten(1, 2)  # (B, 8, 3, 48, 48) -> (B, 24, 48, 48)
        feature_map: Tensor = self.stream(image)  # -> (B, 128, 3, 3)
        return feature_map
