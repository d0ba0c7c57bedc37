"""ONNX out: the network as a graph that other programs run, with everything that a prediction needs in it.

The file's metadata are the bundle's, so that it can be used by itself. Needs the extra ``onnx``.
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
    """Return the graph's inputs in order: spatial, flow, and frames where the model looks at windows.

    A model that leaves an input aside has it nevertheless, so that all are called alike.
    """
    return ("spatial", "flow", "frames") if bundle.model_config.window else ("spatial", "flow")


def export_apart(bundle: Path, path: Path) -> None:
    """Write a bundle file as an ONNX file, in a process of its own.

    While torch's exporter works, it changes how torch computes in all threads: a training beside it gets
    other weights, and the exporter itself can fail.

    Raises:
        BundleError: the bundle cannot be read.
        ConfigError: the model is a chain of steps that is no single graph.
        MissingExtraError: onnx or onnxscript is not installed.
    """
    list(run_in_pool(_export_file, [(bundle, path)], workers=1))


def _export_file(files: tuple[Path, Path]) -> None:
    bundle, path = files
    export_onnx(load_bundle(bundle), path)


def export_onnx(bundle: Bundle, path: Path) -> None:
    """Write a bundle as an ONNX file; the number of faces at once is free.

    Raises:
        ConfigError: the model is a chain of steps that is no single graph.
        MissingExtraError: onnx or onnxscript is not installed.
    """
    onnx: Any = require("onnx", extra="onnx")
    require("onnxscript", extra="onnx")
    config = bundle.model_config
    if config.architecture == "hybrid":
        raise ConfigError("The hybrid model is no single network and cannot be exported to ONNX")
    side = config.size
    shapes: dict[str, tuple[int, ...]] = {"spatial": (2, 3, side, side), "flow": (2, 3, side, side)}
    if config.window:
        shapes["frames"] = (2, config.window, 3, side, side)
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
    """Keep the exporter's warnings to its makers away."""
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
