"""An exported network in 8 bit numbers, and what that costs.

Static quantisation: the range of every map is measured on training pairs beforehand, the weights' for each
channel. What is lost is measured on the validation part, which the ranges were not taken from.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, bundle_metadata, check_recipe
from ferfusion.data.batches import Batch, PairBatches
from ferfusion.data.clips import PairReader
from ferfusion.data.order import AsGiven
from ferfusion.data.pairs import PartedPairs, parted_pairs
from ferfusion.evaluation.metrics import always, uar, war
from ferfusion.extras import require
from ferfusion.prepare.dataset import open_dataset
from ferfusion.prepare.splits import read_splits
from ferfusion.prepare.store import write_whole

_CALIBRATION_PAIRS = 512
_BATCH = 64


def quantise(bundle: Bundle, path: Path, dataset: Path) -> list[str]:
    """Turn an exported file into 8 bit numbers in its place, and return what that costs, in lines.

    Args:
        bundle: What was exported.
        path: The ONNX file.
        dataset: A prepared and split dataset of the bundle's preparation.

    Raises:
        DatasetError: the dataset or its split cannot be used.
        BundleError: the dataset was prepared otherwise than what the model learned from.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    quantization: Any = require("onnxruntime.quantization", extra="onnx")
    onnx: Any = require("onnx", extra="onnx")
    source = open_dataset(dataset)
    check_recipe(bundle, source.recipe)
    pairs = parted_pairs(source.pairs, read_splits(source), labels=source.labels)
    reader = PairReader(source.root / "clips", list(pairs.table["clip"]), list(pairs.table["pair"]))
    exact = path.read_bytes()
    before = _confusion(exact, bundle, pairs, reader)
    train = pairs.rows("train")
    chosen = train[np.linspace(0, len(train) - 1, min(_CALIBRATION_PAIRS, len(train))).astype(int)]

    class Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
        """Hands the calibration pairs to ONNX Runtime."""

        def __init__(self) -> None:
            self._batches = _arrays(bundle, pairs, reader, chosen)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            """Return the next batch; None after the last one."""
            return next((arrays for arrays, _ in self._batches), None)

    def write(partial: Path) -> None:
        with _without_advice():
            quantization.quantize_static(
                onnx.load_model_from_string(exact),
                partial,
                Calibration(),
                per_channel=True,
                calibrate_method=quantization.CalibrationMethod.MinMax,
            )
        graph = onnx.load(partial)
        onnx.helper.set_model_props(graph, bundle_metadata(bundle))
        partial.write_bytes(graph.SerializeToString())

    write_whole(path, write)
    after = _confusion(path.read_bytes(), bundle, pairs, reader)
    return _cost(before, after, pairs, sizes=(len(exact), path.stat().st_size))


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep off the terminal the advice to go over the graph once more, which the exporter has done."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _arrays(
    bundle: Bundle, pairs: PartedPairs, reader: PairReader, rows: NDArray[np.int64]
) -> Iterator[tuple[dict[str, NDArray[np.float32]], Batch]]:
    config = bundle.model_config
    batches = PairBatches(
        reader,
        AsGiven(rows),
        pairs.codes,
        batch_size=_BATCH,
        flow_encoding=config.flow_encoding,
        frames=config.window,
        frame_step=config.frame_step,
    )
    for batch in batches:
        names = ("spatial", "flow", "frames")[: len(batch.images)]
        yield {n: np.ascontiguousarray(x.numpy()) for n, x in zip(names, batch.images, strict=True)}, batch


def _confusion(graph: bytes, bundle: Bundle, pairs: PartedPairs, reader: PairReader) -> NDArray[np.int64]:
    """Return the confusion matrix of a network on the validation part."""
    runtime: Any = require("onnxruntime", extra="onnx")
    session = runtime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    confusion = np.zeros((len(bundle.labels),) * 2, np.int64)
    for arrays, batch in _arrays(bundle, pairs, reader, pairs.rows("validation")):
        [logits] = session.run(None, arrays)
        np.add.at(confusion, (batch.codes.numpy(), logits.argmax(1)), 1)
    return confusion


def _cost(
    before: NDArray[np.int64], after: NDArray[np.int64], pairs: PartedPairs, *, sizes: tuple[int, int]
) -> list[str]:
    majority = int(np.argmax(list(pairs.class_counts("train").values())))
    constant = always(majority, before)
    rows = [
        f"{name}: WAR {war(one):.1%}, UAR {uar(one):.1%}"
        for name, one in (("32 bit", before), ("8 bit", after), ("majority baseline", constant))
    ]
    return [
        f"8 bit numbers: {sizes[0] / 2**20:.1f} to {sizes[1] / 2**20:.1f} MiB; "
        f"on the validation part, {int(before.sum()):,} pairs:",
        *(f"  {row}" for row in rows),
    ]
