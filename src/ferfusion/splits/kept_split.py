"""The split that a run was trained on, kept in the run folder and read from there later.

A dataset can be split again, and its labels corrected, after a run was trained on it. A clip of the training
part could then be in the validation part. So a run keeps its own ``splits.csv``, with the identity of each
clip.
"""

from collections.abc import Mapping
from pathlib import Path

from ferfusion.errors import DatasetError, RunError
from ferfusion.files import read_json, write_json
from ferfusion.parts import Part
from ferfusion.preparation.clip_hashes import crop_hashes
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.identity import identity_differences, read_clip_identities
from ferfusion.splits.split import read_splits
from ferfusion.tables import write_table

_DIGITS = 16


def keep_split(path: Path, dataset: Dataset, parts: Mapping[str, Part], *, header: Path) -> None:
    """Write the split of a run, and its JSON header beside it.

    Args:
        path: ``splits.csv`` of the run folder.
        dataset: The dataset of the run.
        parts: Clip to part.
        header: The JSON header of the split of the dataset.
    """
    clips = dataset.clips.copy()
    clips.insert(1, "part", clips["clip"].map(parts))
    crops = crop_hashes(dataset.root, dataset.clips_folder)
    clips["crops"] = [crops.get(clip, "")[:_DIGITS] for clip in clips["clip"]]
    write_table(path, clips)
    write_json(path.with_suffix(".json"), read_json(header))


def read_kept_split(path: Path, dataset: Dataset) -> dict[str, Part]:
    """Return clip to part as in the training of a run.

    Args:
        path: ``splits.csv`` of the run folder.
        dataset: The dataset of the run.

    Raises:
        DatasetError: the run has no split, or the dataset no longer fits the run; the message names what
            differs.
    """
    differences = changes_since(path, dataset)
    if differences:
        raise DatasetError(
            f"{dataset.root} has changed since {path.parent} was trained on it: {'; '.join(differences)}. "
            "Name a new folder, or train again with --retrain-changed"
        )
    return read_splits(dataset, path)


def changes_since(path: Path, dataset: Dataset) -> list[str]:
    """Return what has changed in a dataset since a run was trained on it, a phrase for each kind.

    Args:
        path: ``splits.csv`` of the run folder.
        dataset: The dataset of the run.

    Raises:
        RunError: the table is missing or damaged.
    """
    if not path.is_file():
        raise RunError(
            f"{path} is missing, which keeps the split of the training; train a new run, in a new folder"
        )
    return identity_differences(read_clip_identities(path, further=("part",)), dataset.clips)
