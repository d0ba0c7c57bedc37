"""How the maps of the streams become one vector: layers (map to vector) and operators (vectors to one)."""

from collections.abc import Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn

from ferfusion.errors import ConfigError
from ferfusion.models.bases import Stream

_MAX_GATE_WEIGHTS = 500_000_000


class FusionLayer(nn.Module):
    """Makes a vector of ``out_features`` values from a map (B, channels, map_side, map_side)."""

    def __init__(self, channels: int, map_side: int, *, last_pool: bool) -> None:
        super().__init__()
        self.channels, self.map_side, self.last_pool = channels, map_side, last_pool

    @property
    def out_features(self) -> int:
        """Values of the vector."""
        raise NotImplementedError

    def forward(self, feature_map: Tensor) -> Tensor:
        """Return the vectors (B, out_features)."""
        raise NotImplementedError


class FlattenLayer(FusionLayer):
    """Average pooling of 3 with stride 2 (if the stream has it), then the map's values in a row (4.2.1)."""

    def __init__(self, channels: int, map_side: int, *, last_pool: bool) -> None:
        super().__init__(channels, map_side, last_pool=last_pool)
        self.pool = nn.AvgPool2d(3, stride=2) if last_pool else nn.Identity()

    @property
    def out_features(self) -> int:
        """Values of the vector: channels times the positions of the pooled map."""
        side = (self.map_side - 3) // 2 + 1 if self.last_pool else self.map_side
        return self.channels * side * side

    def forward(self, feature_map: Tensor) -> Tensor:
        """Return the map's values in a row (B, out_features)."""
        pooled: Tensor = self.pool(feature_map)
        return pooled.flatten(1)


class GapLayer(FusionLayer):
    """Global average pooling in place of the last pooling and the flatten (4.2.4)."""

    @property
    def out_features(self) -> int:
        """Values of the vector: one mean for each channel."""
        return self.channels

    def forward(self, feature_map: Tensor) -> Tensor:
        """Return the means (B, channels) of the map."""
        return feature_map.mean(dim=(2, 3))


class FusionOperator(nn.Module):
    """Makes one vector of ``out_features`` values from a vector (B, features) of each stream."""

    def __init__(self, features: int, *, num_streams: int) -> None:
        super().__init__()
        self.features, self.num_streams = features, num_streams

    @property
    def out_features(self) -> int:
        """Values of the fused vector."""
        return self.features

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return the fused vectors (B, out_features)."""
        raise NotImplementedError


class ConcatFusion(FusionOperator):
    """The vectors side by side."""

    @property
    def out_features(self) -> int:
        """Values of the fused vector: those of all streams."""
        return self.features * self.num_streams

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return (B, num_streams * features)."""
        return torch.cat(tuple(vectors), dim=1)


class SumFusion(FusionOperator):
    """The sum of the vectors."""

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return (B, features)."""
        return torch.stack(tuple(vectors)).sum(dim=0)


class AverageFusion(FusionOperator):
    """The mean of the vectors."""

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return (B, features)."""
        return torch.stack(tuple(vectors)).mean(dim=0)


class MaxFusion(FusionOperator):
    """The largest value of each feature."""

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return (B, features)."""
        return torch.stack(tuple(vectors)).amax(dim=0)


class ProductFusion(FusionOperator):
    """The product of the vectors, feature by feature (multiplicative fusion).

    Feichtenhofer et al. 2017, Spatiotemporal Multiplier Networks, multiply streams in this way.
    """

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return (B, features)."""
        return torch.stack(tuple(vectors)).prod(dim=0)


class GatedFusion(FusionOperator):
    """A weighted mean of the vectors; gates compute the weights of every feature from all vectors.

    Arevalo et al. 2017, Gated Multimodal Units for Information Fusion, without the first layer of that unit,
    which the streams replace. The weights are a softmax over streams; for two streams, that is the sigmoid
    of the unit. With gates of zero weights, the result is the average.

    Raises:
        ConfigError: the vectors are so long that their gates would not fit into memory.
    """

    def __init__(self, features: int, *, num_streams: int) -> None:
        super().__init__(features, num_streams=num_streams)
        weights = (num_streams * features) ** 2
        if weights > _MAX_GATE_WEIGHTS:
            raise ConfigError(
                f"Gates over {num_streams} vectors of {features:,} values have {weights:,} weights, at most "
                f"{_MAX_GATE_WEIGHTS:,} are built; choose gap-gated, or another operator"
            )
        self.gates = nn.Linear(num_streams * features, num_streams * features)

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """Return (B, features)."""
        stacked = torch.stack(tuple(vectors), dim=1)  # (B, streams, features)
        gates: Tensor = self.gates(stacked.flatten(1))
        return (gates.view_as(stacked).softmax(dim=1) * stacked).sum(dim=1)


FUSION_LAYERS: MappingProxyType[str, type[FusionLayer]] = MappingProxyType(
    {"flatten": FlattenLayer, "gap": GapLayer}
)
FUSION_OPERATORS: MappingProxyType[str, type[FusionOperator]] = MappingProxyType(
    {
        "concat": ConcatFusion,
        "sum": SumFusion,
        "average": AverageFusion,
        "max": MaxFusion,
        "product": ProductFusion,
        "gated": GatedFusion,
    }
)


def fusions() -> dict[str, tuple[str, str]]:
    """Return each fusion, such as gap-concat, with the names of its layer and its operator.

    The first three operators are the report's (section 4).
    """
    return {
        f"{layer}-{operator}": (layer, operator) for layer in FUSION_LAYERS for operator in FUSION_OPERATORS
    }


def make_layer(fusion: str, stream: Stream, *, map_side: int) -> FusionLayer:
    """Return the layer of a fusion for the maps of a stream."""
    layer, _ = fusions()[fusion]
    return FUSION_LAYERS[layer](stream.out_channels, map_side, last_pool=stream.last_pool)


def make_operator(fusion: str, features: int, *, num_streams: int) -> FusionOperator:
    """Return the operator of a fusion for vectors (B, features); a single vector stays unchanged."""
    _, operator = fusions()[fusion] if num_streams > 1 else ("", "sum")
    return FUSION_OPERATORS[operator](features, num_streams=num_streams)
