"""The pairs of an explanation: some pairs of a part, spread over its classes and videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.actions.rest import estimate_rest
from ferfusion.actions.words import strongest_actions
from ferfusion.bundle import check_recipe, load_bundle
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import FaceInput
from ferfusion.data.pairs import PartedPairs, parted_pairs
from ferfusion.errors import DatasetError
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.explanation.cam import Images
from ferfusion.explanation.explainer import Explainer
from ferfusion.models.config import ModelConfig
from ferfusion.parts import Part
from ferfusion.preparation.clip_file import clip_views
from ferfusion.preparation.dataset import DatasetFiles, open_dataset
from ferfusion.splits.kept_split import read_kept_split

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class RunPairs:
    """The pairs of a run's dataset, in the form that its model reads.

    Attributes:
        explainer: The run's model.
        pairs: The dataset's pair table with the part of every row.
        reader: The reader of its rows.
        clips: Folder of the clips.
    """

    explainer: Explainer
    pairs: PartedPairs
    reader: PairReader
    clips: Path

    def candidates(self, part: Part, *, per_class: int, seed: int) -> dict[str, Rows]:
        """Return at most ``per_class`` random rows of each class of a part, spread over its videos."""
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
        windows = self.reader.gather_windows(
            rows, frames=config.window, step=config.frame_step, curves=config.reads_actions
        )
        return [FaceInput(*one) for one in zip(crops, flows, windows, strict=True)]

    def action_words(self, row: int) -> str:
        """Return the strongest facial actions of a row in words; empty if the dataset has no actions.

        Rest is estimated from the whole clip.
        """
        pair = self.pairs.table.iloc[row]
        file = self.clips / f"{pair['clip']}.safetensors"
        arrays = clip_views(np.memmap(file, np.uint8, mode="r"), file)
        if "actions" not in arrays:
            return ""
        actions = arrays["actions"]
        return ", ".join(strongest_actions(actions[int(pair["pair"])], estimate_rest(actions)))

    def images(self, rows: Rows) -> Images:
        """Return the images of the rows that the model is called with."""
        return images_of(self.explainer, self.face_inputs(rows))


def images_of(explainer: Explainer, face_inputs: Sequence[FaceInput]) -> Images:
    """Return the images that a model is called with."""
    windows: list[NDArray[Any]] = [one.window for one in face_inputs if one.window is not None]
    return explainer.images(
        np.stack([one.crop for one in face_inputs]),
        np.stack([one.flow for one in face_inputs]),
        np.stack(windows) if windows else None,
    )


def spread(rows: Rows, videos: NDArray[np.str_], *, rng: np.random.Generator) -> Rows:
    """Return the rows in a random order that has every video once before any video twice.

    >>> videos = np.array(["a", "a", "a", "b"])
    >>> sorted(videos[spread(np.arange(4), videos, rng=np.random.default_rng(0))[:2]].tolist())
    ['a', 'b']
    """
    drawn = rng.permutation(rows)
    repeats = pd.Series(videos[drawn]).groupby(videos[drawn]).cumcount().to_numpy()
    spread_rows: Rows = drawn[np.argsort(repeats, kind="stable")]
    return spread_rows


def open_run_pairs(run: Path, *, method: str, dataset: Path | None = None) -> RunPairs:
    """Open a finished run's model and its dataset, with the split of the training.

    Args:
        run: Run folder.
        method: Method of the maps.
        dataset: Folder of the dataset, if it was moved since the training.

    Raises:
        RunError: the run folder is missing or damaged.
        BundleError: the run has no bundle, or the dataset has another preparation recipe.
        DatasetError: the dataset is missing or damaged, or has changed since the training.
    """
    folder = RunFolder(run)
    bundle = load_bundle(folder.bundle_file)
    path = dataset or Path(folder.section("dataset")["path"])
    if not DatasetFiles(path).header_file.is_file():
        raise DatasetError(f"The run's dataset is no longer at {path}; name its folder with --dataset")
    source = open_dataset(path)
    check_recipe(bundle, source.recipe)
    pairs = parted_pairs(source.pairs, read_kept_split(folder.splits_file, source), labels=source.labels)
    reader = PairReader(source.clips_folder, list(pairs.table["clip"]), list(pairs.table["pair"]))
    return RunPairs(Explainer(bundle, method=method), pairs, reader, source.clips_folder)
