"""Build what a training needs: its batches, the order of its rows, and the Lightning module."""

import numpy as np
import numpy.typing as npt

from ferfusion.data.clips import PairReader
from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs, parted_pairs, shuffle_video_labels
from ferfusion.data.row_order import BalancedClasses, RowOrder, Shuffled
from ferfusion.data.vote_targets import vote_shares
from ferfusion.errors import ConfigError
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.outputs import set_majority
from ferfusion.preparation.dataset import Dataset, open_dataset
from ferfusion.splits.split import read_splits
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.teachers import kept_shares, load_teachers


def open_parts(job: TrainJob) -> tuple[Dataset, PartedPairs]:
    """Open a job's dataset, and read the part of every pair.

    Raises:
        DatasetError: the dataset or its split cannot be used.
        ConfigError: the model or the recipe cannot be used with this dataset.
    """
    source = open_dataset(job.dataset)
    return source, read_parts(job, source)


def read_parts(job: TrainJob, source: Dataset) -> PartedPairs:
    """Read the part of every pair of a job's dataset.

    Raises:
        DatasetError: the split cannot be used, or a table is damaged.
        ConfigError: the model or the recipe cannot be used with this dataset.
    """
    source.check_votes_and_people()  # the run gets them after the training
    pairs = parted_pairs(source.pairs, read_splits(source, job.splits), labels=source.labels)
    if job.model_config.size != source.recipe.size:
        raise ConfigError(
            f"The model reads crops of {job.model_config.size} pixels, {source.root} has "
            f"{source.recipe.size}; train with --size {source.recipe.size}"
        )
    if source.stills and job.model_config.architecture != "spatial":
        raise ConfigError(
            f"The model {job.model_config.architecture} reads motion, {source.root} has still images; "
            "train with --architecture spatial"
        )
    if job.model_config.reads_actions and not source.actions:
        raise ConfigError(
            f"The model {job.model_config.architecture} reads facial actions, {source.root} has none; "
            "prepare the corpus into a new one with --actions small, or train another architecture"
        )
    if job.recipe.uses_votes:
        vote_shares(source)  # raises without votes, before anything is written
    load_teachers(job.recipe.teachers, source, pairs)  # raises where one does not fit
    return pairs


def codes_to_learn(recipe: TrainRecipe, pairs: PartedPairs) -> npt.NDArray[np.int64]:
    """Return the class code of every row as it is trained on: the true one, or a shuffled control."""
    if recipe.shuffle_labels:
        return shuffle_video_labels(pairs, part="train", seed=recipe.seed)
    return pairs.codes


def make_data(job: TrainJob, source: Dataset, pairs: PartedPairs) -> PairDataModule:
    """Return the batches of a job."""
    recipe = job.recipe
    codes = codes_to_learn(recipe, pairs)
    reader = PairReader(source.clips_folder, list(pairs.table["clip"]), list(pairs.table["pair"]))
    return PairDataModule(
        pairs,
        reader,
        train_order=make_order(recipe, pairs.rows("train"), codes),
        train_codes=codes,
        batch_size=recipe.batch_size,
        flow_encoding=job.model_config.flow_encoding,
        frames=job.model_config.window,
        frame_step=job.model_config.frame_step,
        curves=job.model_config.reads_actions,
        seed=recipe.seed,
        augmentation=recipe.augmentation,
        targets=vote_shares(source) if recipe.uses_votes else None,
        taught=kept_shares(job, source, pairs, reader),
    )


def make_training(
    job: TrainJob, model: ExpressionModel, data: PairDataModule, pairs: PartedPairs
) -> ExpressionTraining:
    """Return the Lightning module that trains a model on a job's batches.

    Args:
        job: The job.
        model: A new model; a head that predicts in two steps is set to the job's majority class.
        data: The job's batches.
        pairs: The job's pairs.
    """
    codes = codes_to_learn(job.recipe, pairs)[pairs.rows("train")]
    counts = np.bincount(codes, minlength=len(pairs.labels))
    set_majority(model, int(counts.argmax()))
    return ExpressionTraining(
        model,
        job.recipe,
        class_counts=counts.tolist(),
        batches_per_epoch=len(data.train_dataloader()),
    )


def make_order(recipe: TrainRecipe, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> RowOrder:
    """Return the order in which a recipe reads the rows of the training part.

    Args:
        recipe: Settings of the training.
        rows: Rows of the training part.
        codes: Class code of every row of the table, as it is trained on.
    """
    rows_per_class = recipe.treatment.rows_per_class
    if rows_per_class is None:
        return Shuffled(rows)
    return BalancedClasses(rows, codes[rows], per_class=rows_per_class(np.bincount(codes[rows]).tolist()))
