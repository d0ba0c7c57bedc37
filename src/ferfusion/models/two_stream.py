"""The report's networks: fused streams (Figure 3), a single stream (Figure 2), and late fusion."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from ferfusion.models.action_stream import OWN_CHANNELS, ActionStream
from ferfusion.models.bases import ExpressionModel, InputName, Stream, required
from ferfusion.models.config import ModelConfig
from ferfusion.models.frame_stack import FrameStack
from ferfusion.models.fusion import make_layer, make_operator
from ferfusion.models.heads import DenseHead
from ferfusion.models.streams import find_stream, find_stream_3d


@dataclass(frozen=True)
class InputStream:
    """How a stream is made, and which of a model's inputs it reads."""

    make: Callable[[ModelConfig], Stream]
    reads: InputName


def _image_stream(config: ModelConfig) -> Stream:
    return find_stream(config.stream).make(scaling=config.input_scaling, in_channels=3)


def _frame_stack(config: ModelConfig) -> Stream:
    return FrameStack(config.stream, frames=config.frames, scaling=config.input_scaling)


def _conv3d(config: ModelConfig) -> Stream:
    return find_stream_3d(config.stream).make(scaling=config.input_scaling)


def _actions(config: ModelConfig) -> Stream:
    if not config.image_streams:
        return ActionStream(out_channels=OWN_CHANNELS)
    with torch.device("meta"):  # no weights are drawn
        beside = find_stream(config.stream).make(scaling=config.input_scaling, in_channels=3)
    return ActionStream(out_channels=beside.out_channels)


INPUT_STREAMS: MappingProxyType[str, InputStream] = MappingProxyType(
    {
        "spatial": InputStream(_image_stream, "spatial"),
        "flow": InputStream(_image_stream, "flow"),
        "stack": InputStream(_frame_stack, "frames"),
        "conv3d": InputStream(_conv3d, "frames"),
        "actions": InputStream(_actions, "frames"),
    }
)


class StreamsModel(ExpressionModel):
    """The streams of an architecture, and the fusion layer, which makes a vector of each stream's map."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.names = config.streams
        for name in self.names:
            self.add_module(f"{name}_stream", INPUT_STREAMS[name].make(config))
        self.layer = make_layer(config.fusion, self.streams[self.names[0]], map_side=config.map_side)

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams by name; ``spatial_stream`` is the one of the name spatial."""
        return {name: getattr(self, f"{name}_stream") for name in self.names}

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """For each stream, the module whose output is its last map."""
        return {name: stream.cam_layer for name, stream in self.streams.items()}

    @property
    def inputs_of_streams(self) -> dict[str, InputName]:
        """For each stream, the input that it reads."""
        return {name: INPUT_STREAMS[name].reads for name in self.names}

    def maps(self, spatial: Tensor, flow: Tensor, frames: Tensor | None) -> list[Tensor]:
        """Return the last map (B, C, h, w) of each stream; that of actions has h = 1, and w moments."""
        images = {"spatial": spatial, "flow": flow, "frames": frames}
        reads = self.inputs_of_streams
        return [stream(required(images[reads[name]])) for name, stream in self.streams.items()]


class FusedStreams(StreamsModel):
    """One, two or three streams; the vectors of their maps are fused to one, which the head classifies."""

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__(config)
        self.fusion = make_operator(config.fusion, self.layer.out_features, num_streams=len(self.names))
        self.head = DenseHead(
            self.fusion.out_features,
            num_classes,
            dropout=config.dropout,
            units=config.head_units,
            output=config.output,
        )

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the fused vector; shapes are for two streams, ``listing`` and concat."""
        maps = self.maps(spatial, flow, frames)  # each (B, 3, 48, 48) -> (B, 128, 3, 3)
        vectors = [self.layer(feature_map) for feature_map in maps]  # each -> (B, 128)
        fused: Tensor = self.fusion(vectors)  # -> (B, 256)
        return fused


class LateFusion(StreamsModel):
    """A network for each stream, whose class probabilities are averaged (score-level fusion).

    Simonyan and Zisserman 2014, Two-Stream Convolutional Networks, section 2, but trained together: the loss
    is that of the averaged probabilities.
    """

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__(config)
        for name in self.names:
            head = DenseHead(
                self.layer.out_features,
                num_classes,
                dropout=config.dropout,
                units=config.head_units,
                output=config.output,
            )
            self.add_module(f"{name}_head", head)

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The head of each stream."""
        return tuple(getattr(self, f"{name}_head") for name in self.names)

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the vectors of both streams side by side."""
        maps = self.maps(spatial, flow, frames)  # each (B, 3, 48, 48) -> (B, 128, 3, 3)
        return torch.cat([self.layer(feature_map) for feature_map in maps], dim=1)  # -> (B, 256)

    def classify(self, embedding: Tensor) -> Tensor:
        """Return the log (B, C) of the mean probabilities, whose softmax are the mean probabilities."""
        vectors = embedding.chunk(len(self.names), dim=1)  # (B, 256) -> each (B, 128)
        logits = [head(vector) for head, vector in zip(self.heads, vectors, strict=True)]  # each (B, 6)
        log_probabilities = torch.stack(logits).log_softmax(2)  # (2, B, 6)
        return log_probabilities.logsumexp(0) - math.log(len(logits))  # -> (B, 6)
