"""Teachers: trained models whose answers a training learns beside the labels.

Hinton, Vinyals & Dean 2015, Distilling the Knowledge in a Neural Network, sections 1 and 2.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ferfusion.bundle import Bundle, check_recipe, load_bundle
from ferfusion.compute import torch_device
from ferfusion.data.batches import NOTHING_DRAWN, Draws
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs
from ferfusion.data.recipe import Augmentation
from ferfusion.errors import ConfigError
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.files import sha256_of, write_whole
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.identity import dataset_identity
from ferfusion.splits.split import parts_hash
from ferfusion.training.job import TrainJob
from ferfusion.training.predictions import batches_of_rows, class_probabilities

_MIRROR = Augmentation(flip=1, zoom=0, shear=0)
_AS_IT_IS_AND_MIRRORED = (NOTHING_DRAWN, Draws(seed=0, epoch=lambda: 0, augmentation=_MIRROR))


def teacher_files(teachers: str) -> tuple[Path, ...]:
    """Return the bundle of each teacher; a teacher is a bundle or a run.

    >>> [path.as_posix() for path in teacher_files("a.safetensors, b.safetensors")]
    ['a.safetensors', 'b.safetensors']
    """
    paths = [Path(name.strip()) for name in teachers.split(",") if name.strip()]
    return tuple(RunFolder(path).bundle_file if path.is_dir() else path for path in paths)


def load_teachers(teachers: str, source: Dataset, pairs: PartedPairs) -> list[Bundle]:
    """Load the teachers of a training on a dataset.

    A teacher has learned from the same dataset with the same split. Another one might have learned from the
    validation or test part, and would pass that on.

    Raises:
        BundleError: a bundle cannot be read, or reads data that is prepared in another way.
        ConfigError: a teacher has learned from another dataset or split, or predicts whole videos.
    """
    files = teacher_files(teachers)
    if not files:
        return []
    identity, split_hash = dataset_identity(source), parts_hash(pairs.part_of_clip)
    bundles = []
    for path in files:
        bundle = load_bundle(path)
        check_recipe(bundle, source.recipe)
        known = bundle.training.get("dataset_identity"), bundle.training.get("split_hash")
        if known != (identity, split_hash):
            what = "split" if known[0] == identity else "dataset"
            raise ConfigError(
                f"The teacher {path} has learned from another {what} than that of {source.root}, perhaps "
                "from what validates or tests this training; train the teacher on the same dataset and split"
            )
        if bundle.model_config.kind.predicts != "pair":
            raise ConfigError(
                f"The teacher {path} predicts whole videos; name one that predicts single pairs"
            )
        bundles.append(bundle)
    return bundles


def kept_shares(
    job: TrainJob, source: Dataset, pairs: PartedPairs, reader: PairReader
) -> npt.NDArray[np.float32] | None:
    """Return ``taught_shares`` of a job, or None without teachers.

    They are kept beside the run's checkpoints: the teachers of a resumed run do not answer again.

    Args:
        job: The job.
        source: Its dataset.
        pairs: The pair table.
        reader: Reads the table's crops and flow.

    Raises:
        BundleError: a bundle cannot be read, or reads data that is prepared in another way.
        ConfigError: a teacher has learned from another dataset or split, or predicts whole videos.
    """
    recipe, path = job.recipe, shares_file(job.run)
    files = teacher_files(recipe.teachers)
    if not files:
        return None
    hashes = [sha256_of(file) for file in files]
    of = [*hashes, dataset_identity(source), parts_hash(pairs.part_of_clip), str(recipe.teacher_temperature)]
    with suppress(SafetensorError, OSError), safe_open(path, framework="np") as file:
        if (file.metadata() or {}).get("of") == " ".join(of):
            kept: npt.NDArray[np.float32] = file.get_tensor("shares")
            return kept
    teachers = load_teachers(recipe.teachers, source, pairs)
    shares = taught_shares(
        teachers, pairs, reader, temperature=recipe.teacher_temperature, device=job.compute.device
    )
    content = save({"shares": shares}, {"of": " ".join(of)})
    write_whole(path, lambda partial: partial.write_bytes(content))
    return shares


def shares_file(run: Path) -> Path:
    """Return where a run keeps what it learns from its teachers."""
    return run / "checkpoints" / "teachers.safetensors"


def taught_shares(
    teachers: Sequence[Bundle],
    pairs: PartedPairs,
    reader: PairReader,
    *,
    temperature: float,
    device: str = "auto",
) -> npt.NDArray[np.float32]:
    """Return what a training learns from its teachers for every row of its pair table, (rows, C).

    The teachers see the training part without augmentation. All other rows are 0.

    Args:
        teachers: The teachers.
        pairs: The pair table.
        reader: Reads the table's crops and flow.
        temperature: Temperature of the mean probabilities.
        device: Where the teachers run.
    """
    rows = pairs.rows("train")
    means = [mirrored_probabilities(teacher, pairs, reader, rows, device=device) for teacher in teachers]
    shares = np.zeros((len(pairs.table), len(pairs.labels)), np.float32)
    shares[rows] = softened(np.mean(means, axis=0), temperature)
    return shares


def mirrored_probabilities(
    bundle: Bundle,
    pairs: PartedPairs,
    reader: PairReader,
    rows: npt.NDArray[np.int64],
    *,
    device: str = "auto",
) -> npt.NDArray[np.float32]:
    """Return a model's mean probabilities of pairs and of their mirror images, (N, C).

    Args:
        bundle: The model.
        pairs: The pair table.
        reader: Reads the table's crops and flow.
        rows: Rows of the table, (N,).
        device: Where the model runs.
    """
    model = bundle.build_model().to(torch_device(device))
    each = [
        class_probabilities(model, batches_of_rows(bundle.model_config, pairs, reader, rows, draws=draws))[1]
        for draws in _AS_IT_IS_AND_MIRRORED
    ]
    mean: npt.NDArray[np.float32] = np.mean(each, axis=0)
    return mean


def softened(probabilities: npt.NDArray[np.float32], temperature: float) -> npt.NDArray[np.float32]:
    """Return probabilities (N, C) at a temperature: their logarithms are divided by it.

    >>> softened(np.array([[0.8, 0.2]], np.float32), 2.0).round(3).tolist()
    [[0.6669999957084656, 0.3330000042915344]]
    """
    roots = probabilities ** (1 / np.float32(temperature))
    shares: npt.NDArray[np.float32] = roots / roots.sum(axis=1, keepdims=True)
    return shares
