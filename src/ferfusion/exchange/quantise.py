"""Quantise an exported network to 8 bit numbers, and measure what this costs.

Quantisation is static: the range of every map is measured on training pairs, and the range of the weights for
each channel. The scores before and after are measured on the validation part.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.bundle import Bundle, bundle_metadata, check_recipe
from ferfusion.data.batches import Batch
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs, parted_pairs
from ferfusion.errors import DatasetError
from ferfusion.evaluation.metrics import always, uar, war
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.extras import require
from ferfusion.files import write_whole
from ferfusion.parts import Part
from ferfusion.preparation.dataset import Dataset, open_dataset
from ferfusion.reporting.words import counted
from ferfusion.splits.kept_split import read_kept_split
from ferfusion.splits.split import parts_hash, read_splits
from ferfusion.training.predictions import batches_of_rows

_CALIBRATION_PAIRS = 512
Arrays = dict[str, NDArray[np.float32]]
"""The inputs of a graph, by name."""
NOT_KNOWN = (
    "The split that the bundle was trained on is not known. If these videos are in its training data, both "
    "scores are too high."
)


@dataclass(frozen=True)
class Int8Cost:
    """What 8 bit numbers save and cost.

    Attributes:
        bytes_before: Size of the file with 32 bit numbers.
        bytes_after: Size of the file with 8 bit numbers.
        pairs: Number of pairs of the validation part, on which the scores are measured.
        scores: ``numbers, war, uar``: a row each for 32 bit, 8 bit and the majority baseline.
        caution: Why the scores may be wrong; empty if there is no reason.
    """

    bytes_before: int
    bytes_after: int
    pairs: int
    scores: pd.DataFrame
    caution: str = ""

    @property
    def lines(self) -> list[str]:
        """The same as lines of text."""
        rows = [
            f"  {row.numbers}: WAR {row.war:.1%}, UAR {row.uar:.1%}"
            for row in self.scores.itertuples(index=False)
        ]
        before, after = self.bytes_before / 2**20, self.bytes_after / 2**20
        pairs = counted(self.pairs, "pair")
        title = f"8 bit numbers: {before:.1f} to {after:.1f} MiB; on the validation part, {pairs}:"
        return [title, *rows, *([self.caution] if self.caution else [])]


def quantise(bundle: Bundle, path: Path, dataset: Path, *, run: Path | None = None) -> Int8Cost:
    """Replace the weights and maps of an exported file by 8 bit numbers, and measure what this costs.

    Args:
        bundle: The bundle that was exported.
        path: The ONNX file; it is replaced whole or not at all.
        dataset: A prepared and split dataset with the bundle's preparation.
        run: The run folder of the bundle, whose split is used. Without it, the split of the dataset is used;
            if the bundle has the hash of a split, it must be the same split.

    Raises:
        DatasetError: the dataset or its split cannot be used, or is not the one that the bundle was trained
            on.
        BundleError: the dataset was prepared in another way than the model's training data.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    quantization: Any = require("onnxruntime.quantization", extra="onnx")
    onnx: Any = require("onnx", extra="onnx")
    source = open_dataset(dataset)
    check_recipe(bundle, source.recipe)
    pairs = parted_pairs(source.pairs, _parts(bundle, source, run), labels=source.labels)
    reader = PairReader(source.clips_folder, list(pairs.table["clip"]), list(pairs.table["pair"]))
    exact = path.read_bytes()
    before = _confusion(exact, bundle, pairs, reader)
    train = pairs.rows("train")
    chosen = train[np.linspace(0, len(train) - 1, min(_CALIBRATION_PAIRS, len(train))).astype(int)]
    batches = _CalibrationBatches(arrays for arrays, _ in _arrays(bundle, pairs, reader, chosen))
    write_whole(
        path,
        lambda partial: _write_int8(partial, exact, bundle, batches, onnx=onnx, quantization=quantization),
    )
    after = _confusion(path.read_bytes(), bundle, pairs, reader)
    return Int8Cost(
        bytes_before=len(exact),
        bytes_after=path.stat().st_size,
        pairs=int(before.sum()),
        scores=_scores(before, after, pairs),
        caution=NOT_KNOWN if run is None and "split_hash" not in bundle.training else "",
    )


class _CalibrationBatches:
    """Gives the calibration pairs to ONNX Runtime, which calls ``get_next`` until it returns None."""

    def __init__(self, batches: Iterable[Arrays]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> Arrays | None:
        """Return the next batch; None after the last one."""
        return next(self._batches, None)


def _write_int8(
    path: Path, exact: bytes, bundle: Bundle, batches: _CalibrationBatches, *, onnx: Any, quantization: Any
) -> None:
    graph = onnx.load_model_from_string(exact)
    # the exporter has simplified the graph already; without this mark ONNX Runtime logs the advice to do so
    onnx.helper.set_model_props(graph, {"onnx.quant.pre_process": "onnxruntime.quant"})
    quantization.quantize_static(
        graph,
        path,
        batches,
        per_channel=True,
        calibrate_method=quantization.CalibrationMethod.MinMax,
    )
    graph = onnx.load(path)
    onnx.helper.set_model_props(graph, bundle_metadata(bundle))
    path.write_bytes(graph.SerializeToString())


def _parts(bundle: Bundle, source: Dataset, run: Path | None) -> dict[str, Part]:
    """Return the part of each clip in the split that the bundle was trained on."""
    if run is not None:
        return read_kept_split(RunFolder(run).splits_file, source)
    parts = read_splits(source)
    trained_on = bundle.training.get("split_hash")
    if trained_on not in (None, parts_hash(parts)):
        raise DatasetError(
            f"{source.root} has another split than the bundle was trained on (split {parts_hash(parts)}, "
            f"the bundle has {trained_on}); export the bundle in its run folder, which keeps its split"
        )
    return parts


def _arrays(
    bundle: Bundle, pairs: PartedPairs, reader: PairReader, rows: NDArray[np.int64]
) -> Iterator[tuple[Arrays, Batch]]:
    for batch in batches_of_rows(bundle.model_config, pairs, reader, rows):
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
