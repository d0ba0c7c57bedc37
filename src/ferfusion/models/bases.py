"""What every stream and every model offers, so that training and prediction never ask which one they have."""

import torch
from torch import Tensor, nn

from ferfusion.models.heads import DenseHead


class Stream(nn.Module):
    """One CNN: an image in, its last feature map out, unpooled.

    Attributes:
        out_channels: Channels of that map.
        last_pool: Whether the flatten layer begins with an average pooling of 3 with stride 2.
    """

    out_channels: int
    last_pool: bool = False

    @property
    def cam_layer(self) -> nn.Module:
        """The module that puts out the last map, (B, C, h, w) or (B, C, t, h, w)."""
        return self

    def initialise(self, *, generator: torch.Generator) -> None:
        """Draw the initial weights anew; only a stream does so that Keras' do not suit."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map (B, out_channels, h, w) of ``image`` (B, 3, S, S) in [0, 1]."""
        raise NotImplementedError


class ExpressionModel(nn.Module):
    """What every model of the zoo is.

    It is called as ``model(spatial, flow, frames)`` and leaves aside what it does not look at.
    """

    head: DenseHead

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The dense heads, whose second layers the penalties are on."""
        return (self.head,)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """For each stream, the module that puts out its last map, (B, C, h, w) or (B, C, t, h, w)."""
        raise NotImplementedError

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the embedding (B, F): what the heads are given, side by side."""
        raise NotImplementedError

    def classify(self, embedding: Tensor) -> Tensor:
        """Return the logits (B, C) of embeddings (B, F)."""
        logits: Tensor = self.head(embedding)  # (B, 256) -> (B, 6)
        return logits

    def forward(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the logits (B, C).

        Args:
            spatial: Face crops (B, 3, S, S) in [0, 1].
            flow: Encoded flow (B, 3, S, S), from each of these crops to the next.
            frames: Windows of crops (B, K, 3, S, S) in [0, 1], oldest first, the last one being ``spatial``;
                needed where the model config's ``window`` is not 0.
        """
        return self.classify(self.embed(spatial, flow, frames))


def given(frames: Tensor | None) -> Tensor:
    """Return the windows, for a model that cannot do without.

    Raises:
        ValueError: they were not given.
    """
    if frames is None:
        raise ValueError("This model looks at windows: call it with frames (B, K, 3, S, S) too")
    return frames
