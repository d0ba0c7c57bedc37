"""A network of others on disk: its ONNX file, with what a prediction needs beside the graph.

The graph and its weights stay as they are. The metadata have the description that a bundle has, and how the
network reads a face, which takes the place of a bundle's model config.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ferfusion
from ferfusion.bundle import BundleInfo, Description, description_of, unusable
from ferfusion.errors import BundleError
from ferfusion.evaluation.model_calibration import Calibration
from ferfusion.evaluation.model_scores import BundleMetrics, model_caution
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.exchange.foreign_network import ForeignNetwork
from ferfusion.exchange.onnx_session import OnnxGraph
from ferfusion.extras import require
from ferfusion.files import parse_json, write_whole

FORMAT = "ferfusion-foreign-network"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class ForeignModel:
    """A network of others with everything that a prediction needs.

    Attributes:
        network: How it reads a face, and what it answers.
        description: Its labels, preparation, rights, and what is known about it.
    """

    network: ForeignNetwork
    description: Description

    @property
    def info(self) -> BundleInfo:
        """What a prediction needs to know about the model: it reads single crops."""
        described = self.description
        return BundleInfo(
            labels=described.labels,
            prepare_recipe=described.prepare_recipe,
            calibration=Calibration.of(described.metrics),
            streams=("spatial",),
            caution=model_caution(described.metrics),
            training=described.training,
        )

    def with_calibration(self, calibration: Calibration, *, clips: Sequence[str] = ()) -> "ForeignModel":
        """Return the model with a temperature and thresholds that were fitted on a validation part.

        Args:
            calibration: Temperature and thresholds.
            clips: Fingerprints of the clips of that part.
        """
        metrics: BundleMetrics = {
            **self.description.metrics,
            "part": "validation",
            "calibration": calibration.to_dict(),
        }
        training: TrainingSummary = {**self.description.training, "calibrated_clips": list(clips)}
        return replace(self, description=replace(self.description, metrics=metrics, training=training))


def save_foreign(path: Path, graph: OnnxGraph, model: ForeignModel) -> None:
    """Write the ONNX file whole or not at all; entries of its maker in the metadata stay.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    onnx: Any = require("onnx", extra="onnx")
    ours = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "network": json.dumps(model.network.to_dict()),
        **model.description.to_metadata(),
    }
    proto = onnx.ModelProto.FromString(graph.content)
    onnx.helper.set_model_props(proto, {**graph.metadata, **ours})
    write_whole(path, lambda partial: partial.write_bytes(proto.SerializeToString()))


def is_foreign(metadata: Mapping[str, str]) -> bool:
    """Return whether the metadata of an ONNX file are those of an imported network."""
    return metadata.get("format") == FORMAT


def foreign_model_of(path: Path, metadata: Mapping[str, str]) -> ForeignModel:
    """Return the model of these metadata.

    Args:
        path: The file that they were read from, for messages.
        metadata: What ``save_foreign`` wrote.

    Raises:
        BundleError: the metadata have another format, or a value that cannot be used.
    """
    found = metadata.get("format_version", "")
    if not is_foreign(metadata) or found != str(FORMAT_VERSION):
        raise BundleError(
            f"{path} is an imported network of format {found!r:.20}, this version of ferfusion "
            f"({ferfusion.__version__}) reads {FORMAT_VERSION}; import it again"
        )
    with unusable(path):
        description = description_of(metadata)
        network = ForeignNetwork.from_dict(parse_json(metadata["network"]))
        if len(network.columns) != len(description.labels):
            raise ValueError(
                f"the network has {len(network.columns)} classes and {len(description.labels)} labels"
            )
        return ForeignModel(network, description)
