"""An exported network in 8 bit numbers, and what that costs.

Static quantisation: the range of every map is measured on training pairs beforehand, the weights' for each
channel. What is lost is measured on the validation part, which the ranges were not taken from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, bundle_metadata, check_recipe
from ferfusion.data.batches import Batch, PairBatches
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs, parted_pairs
from ferfusion.data.row_order import AsGiven
from ferfusion.errors import DatasetError
from ferfusion.evaluation.metrics import always, uar, war
from ferfusion.extras import require
from ferfusion.files import write_whole
from ferfusion.preparation.dataset import Dataset, open_dataset
from ferfusion.splits.kept_split import read_kept_split
from ferfusion.splits.split import parts_hash, read_splits

_CALIBRATION_PAIRS = 512
_BATCH = 64


NOT_KNOWN = (
    "The bundle does not say what it was trained on. If it has seen these videos, both scores are too good."
)


@dataclass(frozen=True)
class Int8Cost:
    """What 8 bit numbers cost.

    Attributes:
        bytes_before: Size of the file in 32 bit numbers.
        bytes_after: Its size in 8 bit numbers.
        pairs: Pairs of the validation part, on which the scores are measured.
        scores: A row each for 32 bit, 8 bit and the majority baseline: ``numbers, war, uar``.
        caution: What to know before believing the scores; empty where there is nothing.
    """

    bytes_before: int
    bytes_after: int
    pairs: int
    scores: pd.DataFrame
    caution: str = ""

    @property
    def lines(self) -> list[str]:
        """The same in words."""
        rows = [
            f"  {row.numbers}: WAR {row.war:.1%}, UAR {row.uar:.1%}"
            for row in self.scores.itertuples(index=False)
        ]
        before, after = self.bytes_before / 2**20, self.bytes_after / 2**20
        title = (
            f"8 bit numbers: {before:.1f} to {after:.1f} MiB; on the validation part, {self.pairs:,} pairs:"
        )
        return [title, *rows, *([self.caution] if self.caution else [])]


def quantise(bundle: Bundle, path: Path, dataset: Path, *, run: Path | None = None) -> Int8Cost:
    """Turn an exported file into 8 bit numbers in its place, and return what that costs.

    Args:
        bundle: What was exported.
        path: The ONNX file.
        dataset: A prepared and split dataset of the bundle's preparation.
        run: The run folder of the bundle, whose split is used. Without it, the dataset's own split is used; a
            bundle that says which split it was trained on must have been trained on that one.

    Raises:
        DatasetError: the dataset or its split cannot be used, or is not what the bundle was trained on.
        BundleError: the dataset was prepared otherwise than what the model learned from.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    quantization: Any = require("onnxruntime.quantization", extra="onnx")
    onnx: Any = require("onnx", extra="onnx")
    source = open_dataset(dataset)
    check_recipe(bundle, source.recipe)
    pairs = parted_pairs(source.pairs, _parts(bundle, source, run), labels=source.labels)
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
        graph = onnx.load_model_from_string(exact)
        # the exporter has simplified the graph already; else ONNX Runtime logs the advice to do so
        onnx.helper.set_model_props(graph, {"onnx.quant.pre_process": "onnxruntime.quant"})
        quantization.quantize_static(
            graph,
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
    return Int8Cost(
        bytes_before=len(exact),
        bytes_after=path.stat().st_size,
        pairs=int(before.sum()),
        scores=_scores(before, after, pairs),
        caution=NOT_KNOWN if run is None and "split_hash" not in bundle.training else "",
    )


def _parts(bundle: Bundle, source: Dataset, run: Path | None) -> dict[str, str]:
    """Return clip to part as the bundle was trained on it."""
    if run is not None:
        return read_kept_split(run, source)
    parts = read_splits(source)
    trained_on = bundle.training.get("split_hash")
    if trained_on not in (None, parts_hash(parts)):
        raise DatasetError(
            f"{source.root} is not divided as when the bundle was trained (split {parts_hash(parts)}, "
            f"the bundle has {trained_on}); export the bundle in its run folder, which keeps its split"
        )
    return parts


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


def _scores(before: NDArray[np.int64], after: NDArray[np.int64], pairs: PartedPairs) -> pd.DataFrame:
    majority = int(np.argmax(list(pairs.class_counts("train").values())))
    constant = always(majority, before)
    rows = (("32 bit", before), ("8 bit", after), ("majority baseline", constant))
    return pd.DataFrame(
        [{"numbers": name, "war": float(war(one)), "uar": float(uar(one))} for name, one in rows]
    )
