"""The settings of a model: all that change its function or the input that it reads."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.models.architectures import ACTION_STREAM, ARCHITECTURES, PAIR_STREAMS, Architecture
from ferfusion.preparation.recipe import LARGEST_SIZE
from ferfusion.recipe import AtLeast, AtMost, Below, Recipe

HIDDEN_UNITS = 1024
_MAX_WINDOW_BYTES = 2**28


@dataclass(frozen=True)
class ModelConfig(Recipe):
    """Settings of a model; saved with every run and bundle.

    Attributes:
        architecture: Network: two-stream, the single streams spatial and flow, or late-fusion (the two single
            streams, their probabilities averaged). stack reads a window of crops as channels, conv3d by a
            3D CNN: alone, in place of the flow (spatial-stack, spatial-conv3d), or as a third stream
            (three-stream-stack, three-stream-conv3d). lstm and convlstm decode the spatial stream's
            maps of every crop of a window. actions reads the facial actions of the last seconds, on a dataset
            prepared with actions: alone, beside the face (spatial-actions), or as a third stream
            (three-stream-actions). hybrid is the report's reference system: both streams trained
            alone, a deep belief network over their heads, a linear SVM on videos.
        fusion: How the stream maps become one vector: a fusion layer (flatten, gap) and an operator
            (concat, sum, average, max, product, gated), such as gap-concat. A single stream, late-fusion,
            lstm, convlstm and hybrid use the layer only.
        stream: The CNN of each stream: listing (64, 128 channels; the report's listing), table1 (128, 256;
            its Table 1), or spatial-map (table1 without the last average pooling: flatten and gap differ);
            listing-32-64 is listing with 32 channels in its first three convolutions and 64 in the last two
            (any numbers up to 1024), and so is spatial-map-32-64; residual and residual-wide learn more from
            many faces, such as FER2013's; vgg16, vgg19 and resnet50 are made for ImageNet weights and crops
            of 224 pixels, take smaller ones down to 32 (resnet50: 33), and scale their input themselves; so
            do mobilenet, made for the weights of a network that recognises people, and efficientnet-lite0
            (from 33 pixels). r3d18 is made for Kinetics' weights, and for the architecture conv3d alone.
        frames: Crops of a window; the pair's own crop is the last. A window does not cross a gap in the
            track: there, and at the beginning of a clip, its first crop is repeated.
        frame_step: From each crop of a window to the next, in frames.
        action_seconds: Length of a window of facial actions, in seconds; it does not cross a gap either.
        head_units: Units of each of the head's two hidden layers; 4096 as in VGG.
        output: Last layer of the head: softmax, or one that predicts in two steps (cascade, sphere). Leave it
            unset: the treatments of imbalance cascade and outlier set it.
        dbn: Hidden layers of the hybrid's deep belief network: small (256 and 64 units), or large (4096, 2048
            and 1024).
        dropout: Share of the head's hidden units that are dropped while training.
        flow_encoding: How the flow is encoded as a three-channel image: uvm (u, v, magnitude), uv, hsv
            (direction as hue, magnitude stretched in each frame), or hsv-fixed (the same, a fixed scale).
        input_scaling: Scaling of each stream's image: standard (to mean 0 and standard deviation 1) or unit
            (none: values from 0 to 1, as in the report).
        size: Side of the square crop and of its flow, in pixels.
    """

    described_as: ClassVar[str] = "model"

    architecture: str = "two-stream"
    fusion: str = "gap-concat"
    stream: str = "listing"
    frames: Annotated[int, AtLeast(3), AtMost(64)] = 8
    frame_step: Annotated[int, AtLeast(1), AtMost(64)] = 2
    action_seconds: Annotated[float, AtLeast(0.25, "seconds"), AtMost(8, "seconds")] = 1.5
    head_units: Annotated[int, AtLeast(1), AtMost(8192)] = HIDDEN_UNITS
    output: str = "softmax"
    dbn: str = "small"
    dropout: Annotated[float, AtLeast(0), Below(1)] = 0.1
    flow_encoding: str = "uvm"
    input_scaling: str = "standard"
    size: Annotated[int, AtLeast(1), AtMost(LARGEST_SIZE, "pixels")] = 48

    def __post_init__(self) -> None:
        super().__post_init__()
        # the tables import torch, which a listing of the settings does not wait for
        load_torch()
        from ferfusion.flow.encodings import FLOW_ENCODINGS  # noqa: PLC0415
        from ferfusion.models.dbn import DBNS  # noqa: PLC0415
        from ferfusion.models.fusion import fusions  # noqa: PLC0415
        from ferfusion.models.outputs import OUTPUTS  # noqa: PLC0415
        from ferfusion.models.scaling import INPUT_SCALINGS  # noqa: PLC0415
        from ferfusion.models.streams import find_stream, find_stream_3d  # noqa: PLC0415

        choose(ARCHITECTURES, self.architecture, what="architecture")
        choose(fusions(), self.fusion, what="fusion")
        find = {"conv3d": find_stream_3d}
        kinds = [find.get(name, find_stream)(self.stream) for name in self.image_streams]
        smallest_size = max((kind.smallest_size for kind in kinds), default=1)
        choose(OUTPUTS, self.output, what="output")
        choose(DBNS, self.dbn, what="deep belief network")
        choose(FLOW_ENCODINGS, self.flow_encoding, what="flow encoding")
        choose(INPUT_SCALINGS, self.input_scaling, what="input scaling")
        if self.size < smallest_size:
            raise ConfigError(
                f"size must be at least {smallest_size} pixels for the stream {self.stream!r}, "
                f"got {self.size}"
            )
        if self.reads_actions:
            self._check_curves()
            return
        span = (self.frames - 1) * self.frame_step + 1
        span_bytes = 3 * span * self.size**2
        if self.window and span_bytes > _MAX_WINDOW_BYTES:
            raise ConfigError(
                f"A window over {span:,} frames of {self.size} pixels takes {span_bytes:,} bytes for each "
                f"face, at most {_MAX_WINDOW_BYTES:,} are kept; choose less frames, frame_step or size"
            )

    @property
    def kind(self) -> Architecture:
        """The architecture's item of the table."""
        return ARCHITECTURES[self.architecture]

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams of the architecture, in order."""
        return self.kind.streams

    @property
    def image_streams(self) -> tuple[str, ...]:
        """The streams that read images: all but that of the actions."""
        return tuple(name for name in self.streams if name != ACTION_STREAM)

    @property
    def reads_actions(self) -> bool:
        """Whether the window of the architecture is one of action curves."""
        return ACTION_STREAM in self.streams

    @property
    def window(self) -> int:
        """Number of crops, or of rows of curves, of a window if the architecture reads windows, else 0."""
        if self.reads_actions:
            from ferfusion.data.action_curves import curve_rows  # noqa: PLC0415 numpy

            return curve_rows(self.action_seconds)
        return self.frames if set(self.streams).difference(PAIR_STREAMS) else 0

    @property
    def window_shape(self) -> tuple[int, ...]:
        """Shape of a window as the model reads it: (K, 3, S, S), or of curves (K, CURVE_COLUMNS)."""
        if self.reads_actions:
            from ferfusion.data.action_curves import CURVE_COLUMNS  # noqa: PLC0415 numpy

            return self.window, CURVE_COLUMNS
        return self.window, 3, self.size, self.size

    @property
    def map_side(self) -> int:
        """Side of the last map of each stream that reads images; 1 if none does."""
        from ferfusion.models.streams import map_side  # noqa: PLC0415 torch

        return map_side(self.stream, self.size) if self.image_streams else 1

    def _check_curves(self) -> None:
        if not self.fusion.startswith("gap-"):
            raise ConfigError(
                f"The architecture {self.architecture!r} has a map over time, which is only averaged; choose "
                f"a fusion that begins with gap, got {self.fusion!r}"
            )
