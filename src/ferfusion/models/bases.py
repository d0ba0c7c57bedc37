"""What every stream and every model offers, so that training and prediction need not know which one it is."""

from typing import Literal

import torch
from torch import Tensor, nn

from ferfusion.models.heads import DenseHead

InputName = Literal["spatial", "flow", "frames"]
"""The inputs of a model, in the order in which it is called with them."""


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
        """Draw other initial weights than Keras' where those do not suit the stream."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the last feature map (B, out_channels, h, w) of ``image`` (B, 3, S, S) in [0, 1]."""
        raise NotImplementedError


class HeadedModel(nn.Module):
    """A network that ends in dense heads, as far as training needs to know it."""

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The dense heads, whose second layers the penalties are on; none where something else classifies."""
        raise NotImplementedError


class ExpressionModel(HeadedModel):
    """A model: called as ``model(spatial, flow, frames)``, it ignores what its streams do not read."""

    head: DenseHead

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The dense heads, whose second layers the penalties are on; none where something else classifies."""
        return (self.head,)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """For each stream, the module that puts out its last map, (B, C, h, w) or (B, C, t, h, w)."""
        raise NotImplementedError

    @property
    def inputs_of_streams(self) -> dict[str, InputName]:
        """For each stream, the input that it reads; the names are those of ``cam_layers``."""
        raise NotImplementedError

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the embedding (B, F): the vectors that are classified, side by side."""
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


def required(images: Tensor | None) -> Tensor:
    """Return an input that a model cannot do without.

    Raises:
        ValueError: it is missing, which only ``frames`` can be.
    """
    if images is None:
        raise ValueError("This model reads windows: call it with frames (B, K, 3, S, S) too")
    return images
