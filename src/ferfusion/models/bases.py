"""The base classes of streams and models, whose methods are all that training and prediction call."""

from typing import Literal

import torch
from torch import Tensor, nn

from ferfusion.models.heads import DenseHead

InputName = Literal["spatial", "flow", "frames"]
"""The inputs of a model, in the order in which it is called with them."""


class Stream(nn.Module):
    """One CNN: an image in, its last feature map out, unpooled.

    Attributes:
        out_channels: Channels of the map.
        last_pool: Whether the flatten layer begins with an average pooling of 3 with stride 2.
    """

    out_channels: int
    last_pool: bool = False

    @property
    def cam_layer(self) -> nn.Module:
        """The module whose output is the last map, (B, C, h, w) or (B, C, t, h, w)."""
        return self

    def initialise(self, *, generator: torch.Generator) -> None:
        """Draw the stream's own initial weights, where it has other ones than Keras'."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map (B, out_channels, h, w) of ``image`` (B, 3, S, S) in [0, 1]."""
        raise NotImplementedError


class HeadedModel(nn.Module):
    """A network with dense heads: what a training step needs of a model."""

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The dense heads, whose second layers are penalised; empty if the classifier is not a dense head."""
        raise NotImplementedError


class ExpressionModel(HeadedModel):
    """A model, called as ``model(spatial, flow, frames)``; it ignores inputs that no stream reads."""

    head: DenseHead

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The dense heads, whose second layers are penalised; empty if the classifier is not a dense head."""
        return (self.head,)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """For each stream, the module whose output is its last map, (B, C, h, w) or (B, C, t, h, w)."""
        raise NotImplementedError

    @property
    def inputs_of_streams(self) -> dict[str, InputName]:
        """For each stream, the input that it reads; the names are those of ``cam_layers``."""
        raise NotImplementedError

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the embedding (B, F): the vectors that ``classify`` reads, side by side."""
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
            frames: Windows of crops (B, K, 3, S, S) in [0, 1], oldest first; the last crop is ``spatial``.
                For a model with the stream of actions, windows of action curves (B, K, CURVE_COLUMNS).
                Required if the model config's ``window`` is not 0.
        """
        return self.classify(self.embed(spatial, flow, frames))


def required(images: Tensor | None) -> Tensor:
    """Return an input, once it is known to be there.

    Raises:
        ValueError: ``images`` is None, as only windows may be.
    """
    if images is None:
        raise ValueError("This model reads windows: call it with frames (B, K, ...) too")
    return images
