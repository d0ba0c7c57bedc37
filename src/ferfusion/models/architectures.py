"""The table of architectures: the class of each, its streams, and how it is trained.

The table imports no torch: the class of an architecture is imported when a model of it is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ferfusion.models.bases import ExpressionModel
    from ferfusion.models.config import ModelConfig

Maker = Callable[["ModelConfig", int], "ExpressionModel"]
"""Called with the settings and the number of classes; returns a new model."""
PAIR_STREAMS = ("spatial", "flow")
"""Streams that read one pair; all others read a window, of crops or of action curves."""
ACTION_STREAM = "actions"
"""The stream that reads a window of action curves."""


@dataclass(frozen=True)
class Architecture:
    """One architecture.

    Attributes:
        make: Makes a model.
        streams: Its streams, in order.
        has_operator: Whether a fusion operator fuses the vectors of its streams.
        predicts: What a prediction is of: a pair, or a whole video, whose pairs then share it.
        procedure: Name of its training procedure in ``training.procedures.PROCEDURES``.
    """

    make: Maker
    streams: tuple[str, ...]
    has_operator: bool = False
    predicts: Literal["pair", "video"] = "pair"
    procedure: str = "end-to-end"


def _class(module: str, name: str) -> Maker:
    """Return a maker that imports a class of ``ferfusion.models`` when it is called."""

    def make(config: "ModelConfig", num_classes: int) -> "ExpressionModel":
        make_model: Maker = getattr(import_module(f"ferfusion.models.{module}"), name)
        return make_model(config, num_classes)

    return make


_FUSED = _class("two_stream", "FusedStreams")
_RECURRENT = _class("recurrent", "RecurrentModel")

ARCHITECTURES: MappingProxyType[str, Architecture] = MappingProxyType(
    {
        "two-stream": Architecture(_FUSED, ("spatial", "flow"), has_operator=True),
        "spatial": Architecture(_FUSED, ("spatial",)),
        "flow": Architecture(_FUSED, ("flow",)),
        "late-fusion": Architecture(_class("two_stream", "LateFusion"), ("spatial", "flow")),
        "stack": Architecture(_FUSED, ("stack",)),
        "spatial-stack": Architecture(_FUSED, ("spatial", "stack"), has_operator=True),
        "three-stream-stack": Architecture(_FUSED, ("spatial", "flow", "stack"), has_operator=True),
        "conv3d": Architecture(_FUSED, ("conv3d",)),
        "spatial-conv3d": Architecture(_FUSED, ("spatial", "conv3d"), has_operator=True),
        "three-stream-conv3d": Architecture(_FUSED, ("spatial", "flow", "conv3d"), has_operator=True),
        "actions": Architecture(_FUSED, (ACTION_STREAM,)),
        "spatial-actions": Architecture(_FUSED, ("spatial", ACTION_STREAM), has_operator=True),
        "three-stream-actions": Architecture(_FUSED, ("spatial", "flow", ACTION_STREAM), has_operator=True),
        "lstm": Architecture(_RECURRENT, ("lstm",)),
        "convlstm": Architecture(_RECURRENT, ("convlstm",)),
        "hybrid": Architecture(
            _class("hybrid", "Hybrid"), ("spatial", "flow"), predicts="video", procedure="streams-dbn-svm"
        ),
    }
)
