"""The report's networks: two fused streams (Figure 3), and one stream alone (Figure 2).

Every model is called as ``model(spatial, flow)``: two images (B, 3, S, S) in, logits (B, C) out. A model of
one stream leaves the other image aside, so that training and prediction never ask which model they have.
"""

from torch import Tensor, nn

from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import FUSION_LAYERS, FUSION_OPERATORS, FUSIONS, FusionLayer
from ferfusion.models.heads import DenseHead
from ferfusion.models.streams import STREAM_WIDTHS, ConvStream, map_side


class ExpressionModel(nn.Module):
    """What every model of the zoo is: a dense head behind one or several streams."""

    head: DenseHead

    def forward(self, spatial: Tensor, flow: Tensor) -> Tensor:
        """Return the logits (B, C) of face crops (B, 3, S, S) in [0, 1] and encoded flow (B, 3, S, S)."""
        raise NotImplementedError


def _stream(config: ModelConfig) -> tuple[ConvStream, FusionLayer]:
    width = STREAM_WIDTHS[config.width]
    layer_name, _ = FUSIONS[config.fusion]
    stream = ConvStream(width, scaling=config.input_scaling)
    layer = FUSION_LAYERS[layer_name](stream.out_channels, map_side(config.size), last_pool=width.last_pool)
    return stream, layer


class TwoStream(ExpressionModel):
    """Face and motion, each through its own stream, fused, then classified."""

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__()
        self.spatial_stream, self.spatial_layer = _stream(config)
        self.flow_stream, self.flow_layer = _stream(config)
        _, operator = FUSIONS[config.fusion]
        self.fusion = FUSION_OPERATORS[operator](self.spatial_layer.out_features, num_streams=2)
        self.head = DenseHead(self.fusion.out_features, num_classes, dropout=config.dropout)

    def forward(self, spatial: Tensor, flow: Tensor) -> Tensor:
        """Return the logits (B, C)."""
        face = self.spatial_layer(
            self.spatial_stream(spatial)
        )  # (B, 3, 48, 48) -> (B, 128, 3, 3) -> (B, 128)
        motion = self.flow_layer(self.flow_stream(flow))  # (B, 3, 48, 48) -> (B, 128, 3, 3) -> (B, 128)
        fused = self.fusion((face, motion))  # -> (B, 256)
        logits: Tensor = self.head(fused)  # -> (B, 6)
        return logits


class SpatialOnly(ExpressionModel):
    """The face alone: the report's spatial baseline."""

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__()
        self.spatial_stream, self.spatial_layer = _stream(config)
        self.head = DenseHead(self.spatial_layer.out_features, num_classes, dropout=config.dropout)

    def forward(self, spatial: Tensor, flow: Tensor) -> Tensor:
        """Return the logits (B, C); ``flow`` is not looked at."""
        face = self.spatial_layer(
            self.spatial_stream(spatial)
        )  # (B, 3, 48, 48) -> (B, 128, 3, 3) -> (B, 128)
        logits: Tensor = self.head(face)  # -> (B, 6)
        return logits


class FlowOnly(ExpressionModel):
    """The motion alone."""

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__()
        self.flow_stream, self.flow_layer = _stream(config)
        self.head = DenseHead(self.flow_layer.out_features, num_classes, dropout=config.dropout)

    def forward(self, spatial: Tensor, flow: Tensor) -> Tensor:
        """Return the logits (B, C); ``spatial`` is not looked at."""
        motion = self.flow_layer(self.flow_stream(flow))  # (B, 3, 48, 48) -> (B, 128, 3, 3) -> (B, 128)
        logits: Tensor = self.head(motion)  # -> (B, 6)
        return logits
