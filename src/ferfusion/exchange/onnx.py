"""Export to ONNX: the network as a graph that other programs can run.

The file has the metadata of the bundle, so a prediction needs no other file. Needs the extra ``onnx``.
"""

import contextlib
import logging
import warnings
from pathlib import Path
from typing import Any

import torch

from ferfusion.bundle import Bundle, bundle_metadata, load_bundle
from ferfusion.engines import run_in_pool
from ferfusion.errors import ConfigError
from ferfusion.extras import require
from ferfusion.files import write_whole

OUTPUT = "logits"
_LARGEST_BATCH = 65_536


def input_names(bundle: Bundle) -> tuple[str, ...]:
    """Return the inputs of the graph, in order: spatial, flow, and frames for a model with windows.

    Every graph has the first two inputs, even if its model does not read them: all graphs are called in one
    way.
    """
    return ("spatial", "flow", "frames") if bundle.model_config.window else ("spatial", "flow")


def export_in_process(bundle: Path, path: Path) -> None:
    """Export a bundle file to an ONNX file, in a separate process.

    While torch's exporter runs, it changes how torch computes in all threads: a training in another thread
    gets other weights, and the exporter can fail.

    Args:
        bundle: The bundle file.
        path: The ONNX file to write, whole or not at all.

    Raises:
        BundleError: the bundle cannot be read.
        ConfigError: the model is a hybrid, which is not one network.
        MissingExtraError: onnx or onnxscript is not installed.
    """
    list(run_in_pool(_export_file, [(bundle, path)], workers=1))


def _export_file(files: tuple[Path, Path]) -> None:
    bundle, path = files
    export_onnx(load_bundle(bundle), path)


def export_onnx(bundle: Bundle, path: Path) -> None:
    """Export a bundle to an ONNX file with any batch size; the file is written whole or not at all.

    Raises:
        ConfigError: the model is a hybrid, which is not one network.
        MissingExtraError: onnx or onnxscript is not installed.
    """
    onnx: Any = require("onnx", extra="onnx")
    require("onnxscript", extra="onnx")
    config = bundle.model_config
    if config.architecture == "hybrid":
        raise ConfigError("The hybrid model is not one network; it cannot be exported to ONNX")
    side = config.size
    shapes: dict[str, tuple[int, ...]] = {"spatial": (2, 3, side, side), "flow": (2, 3, side, side)}
    if config.window:
        shapes["frames"] = (2, *config.window_shape)
    model = bundle.build_model()
    draws = torch.Generator().manual_seed(0)
    batch = torch.export.Dim("batch", min=1, max=_LARGEST_BATCH)
    with _quiet_exporter():
        program = torch.onnx.export(
            model,
            tuple(torch.rand(shape, generator=draws) for shape in shapes.values()),
            input_names=list(shapes),
            output_names=[OUTPUT],
            dynamic_shapes={name: {0: batch} for name in shapes},
            dynamo=True,
            verbose=False,
        )
    graph = program.model_proto  # type: ignore[union-attr]
    onnx.helper.set_model_props(graph, bundle_metadata(bundle))
    onnx.checker.check_model(graph)
    write_whole(path, lambda partial: partial.write_bytes(graph.SerializeToString()))


@contextlib.contextmanager
def _quiet_exporter() -> Any:
    """Hide the exporter's warnings, which are for its developers."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
