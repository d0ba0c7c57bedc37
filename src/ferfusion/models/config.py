"""Which network: every setting that changes a model's function or the input that it expects."""

from dataclasses import asdict, dataclass
from typing import Any

from ferfusion.errors import ConfigError
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.lookup import choose, refuse_unknown
from ferfusion.models.fusion import FUSIONS
from ferfusion.models.scaling import INPUT_SCALINGS
from ferfusion.models.streams import SMALLEST_SIZE, STREAM_WIDTHS

ARCHITECTURE_NAMES = ("two-stream", "spatial", "flow")


@dataclass(frozen=True)
class ModelConfig:
    """Settings of a model; saved with every run and bundle.

    Attributes:
        architecture: Network: two-stream, or the single streams spatial and flow.
        fusion: How the stream maps become one vector: a fusion layer (flatten, gap) and an operator
            (concat, sum, average). A single stream uses the layer only.
        width: Channels of a stream: listing (64, 128; the report's listing), table1 (128, 256; its
            Table 1), or spatial-map (table1 without the last average pooling: flatten and gap differ).
        dropout: Share of the head's hidden units that are dropped while training.
        flow_encoding: How the flow is drawn as a three-channel image: uvm (u, v, magnitude), uv, hsv
            (direction as hue, magnitude stretched in each frame), or hsv-fixed (the same, a fixed scale).
        input_scaling: What a stream does to its image first: standard (each image to mean 0 and deviation 1)
            or unit (nothing: values from 0 to 1, as in the report).
        size: Side of the square crop and of its flow, in pixels.
    """

    architecture: str = "two-stream"
    fusion: str = "gap-concat"
    width: str = "listing"
    dropout: float = 0.1
    flow_encoding: str = "uvm"
    input_scaling: str = "standard"
    size: int = 48

    def __post_init__(self) -> None:
        choose(dict.fromkeys(ARCHITECTURE_NAMES), self.architecture, what="architecture")
        choose(FUSIONS, self.fusion, what="fusion")
        choose(STREAM_WIDTHS, self.width, what="width")
        choose(FLOW_ENCODINGS, self.flow_encoding, what="flow encoding")
        choose(INPUT_SCALINGS, self.input_scaling, what="input scaling")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout must be at least 0 and below 1, got {self.dropout}")
        if self.size < SMALLEST_SIZE:
            raise ConfigError(
                f"size must be at least {SMALLEST_SIZE} pixels for these streams, got {self.size}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """Read settings back.

        Raises:
            ConfigError: a key is not a setting of this version, or a value cannot be used.
        """
        refuse_unknown(cls, values, what="model")
        return cls(**values)
