"""The pairs that are explained: some of a part, spread over its classes and videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.bundle import check_recipe, load_bundle
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import FaceInput
from ferfusion.data.pairs import PartedPairs, parted_pairs
from ferfusion.errors import DatasetError
from ferfusion.explanation.cam import Images
from ferfusion.explanation.explainer import Explainer
from ferfusion.files import read_json
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.kept_split import read_kept_split

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class RunPairs:
    """The pairs of a run's dataset, as its model reads them.

    Attributes:
        explainer: The run's model.
        pairs: The dataset's pair table with the part of every row.
        reader: The reader of its rows.
    """

    explainer: Explainer
    pairs: PartedPairs
    reader: PairReader

    def candidates(self, part: str, *, per_class: int, seed: int) -> dict[str, Rows]:
        """Return up to so many rows of each class of a part, drawn at random and spread over its videos."""
        rng = np.random.default_rng(seed)
        rows = self.pairs.rows(part)
        codes = self.pairs.codes[rows]
        videos = self.pairs.table["video"].to_numpy(dtype=np.str_)
        return {
            name: spread(rows[codes == code], videos, rng=rng)[:per_class]
            for code, name in enumerate(self.pairs.labels.names)
        }

    def face_inputs(self, rows: Rows) -> list[FaceInput]:
        """Return the input of the model for each row."""
        crops, flows = (array.copy() for array in self.reader.gather(rows))
        config: ModelConfig = self.explainer.config
        if not config.window:
            return [FaceInput(crop, flow) for crop, flow in zip(crops, flows, strict=True)]
        windows = self.reader.gather_windows(rows, frames=config.window, step=config.frame_step)
        return [FaceInput(*one) for one in zip(crops, flows, windows, strict=True)]

    def images(self, rows: Rows) -> Images:
        """Return the images of the rows that the model is called with."""
        return images_of(self.explainer, self.face_inputs(rows))


def images_of(explainer: Explainer, face_inputs: Sequence[FaceInput]) -> Images:
    """Return the images that a model is called with."""
    windows = [one.window for one in face_inputs if one.window is not None]
    return explainer.images(
        np.stack([one.crop for one in face_inputs]),
        np.stack([one.flow for one in face_inputs]),
        np.stack(windows) if windows else None,
    )


def spread(rows: Rows, videos: NDArray[np.str_], *, rng: np.random.Generator) -> Rows:
    """Return the rows in a random order in which every video comes once before any comes again.

    >>> videos = np.array(["a", "a", "a", "b"])
    >>> sorted(videos[spread(np.arange(4), videos, rng=np.random.default_rng(0))[:2]].tolist())
    ['a', 'b']
    """
    drawn = rng.permutation(rows)
    turn = pd.Series(videos[drawn]).groupby(videos[drawn]).cumcount().to_numpy()
    spread_rows: Rows = drawn[np.argsort(turn, kind="stable")]
    return spread_rows


def open_run_pairs(run: Path, *, method: str, dataset: Path | None = None) -> RunPairs:
    """Open a finished run's model and the dataset that it was trained on, divided as it was then.

    Args:
        run: Run folder.
        method: How maps are made.
        dataset: Where the dataset is now, if it was moved since the training.

    Raises:
        BundleError: the run has no bundle, or the dataset was prepared in another way.
        DatasetError: the dataset is not there, cannot be used, or does not fit the run any more.
    """
    bundle = load_bundle(run / "bundle.safetensors")
    place = dataset or Path(read_json(run / "config.json")["dataset"]["path"])
    if not (place / "dataset.json").is_file():
        raise DatasetError(f"The run's dataset is not at {place} any more; say where it is with --dataset")
    source = open_dataset(place)
    check_recipe(bundle, source.recipe)
    pairs = parted_pairs(source.pairs, read_kept_split(run, source), labels=source.labels)
    reader = PairReader(source.root / "clips", list(pairs.table["clip"]), list(pairs.table["pair"]))
    return RunPairs(Explainer(bundle, method=method), pairs, reader)
