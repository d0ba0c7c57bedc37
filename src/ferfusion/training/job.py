"""What a training follows from and where it is done, and the parts that it is made of."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ferfusion.compute import Compute
from ferfusion.data.clips import PairReader
from ferfusion.data.module import PairDataModule
from ferfusion.data.pairs import PartedPairs, parted_pairs, shuffle_labels_of_videos
from ferfusion.data.votes import vote_shares
from ferfusion.errors import ConfigError
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.models.outputs import set_majority
from ferfusion.preparation.dataset import Dataset, open_dataset
from ferfusion.preparation.splits import read_splits
from ferfusion.training.imbalance import WITHOUT_HEAD
from ferfusion.training.module import ExpressionTraining
from ferfusion.training.order import make_order
from ferfusion.training.recipe import TrainRecipe


@dataclass(frozen=True)
class TrainJob:
    """All that a training follows from, and where it is done; it can be sent to another process.

    Attributes:
        dataset: A dataset folder.
        run: The folder to write.
        model_config: Which network.
        recipe: How to train it.
        compute: Where and how it is computed.
        splits: The table of its parts; the dataset's ``splits.csv`` if left out.
    """

    dataset: Path
    run: Path
    model_config: ModelConfig
    recipe: TrainRecipe
    compute: Compute = Compute()  # noqa: RUF009 frozen
    splits: Path | None = None

    def __post_init__(self) -> None:
        if self.compute.devices > self.recipe.batch_size:
            raise ConfigError(
                f"{self.compute.devices} devices cannot share a batch of {self.recipe.batch_size}; "
                "raise batch_size or take fewer devices"
            )


def treated_config(model_config: ModelConfig, recipe: TrainRecipe) -> ModelConfig:
    """Return a network with the output that a recipe's treatment of imbalance needs.

    Raises:
        ConfigError: they do not go together.
    """
    output = recipe.treatment.output
    if model_config.output not in ("softmax", output):
        raise ConfigError(
            f"The output {model_config.output!r} does not go with imbalance {recipe.imbalance!r}; "
            "leave output away, the treatment of imbalance chooses it"
        )
    if model_config.architecture == "hybrid" and recipe.imbalance not in WITHOUT_HEAD:
        raise ConfigError(
            f"The hybrid ends in an SVM, for which imbalance can be {' or '.join(WITHOUT_HEAD)}; "
            f"got {recipe.imbalance!r}"
        )
    return replace(model_config, output=output)


def open_parts(job: TrainJob) -> tuple[Dataset, PartedPairs]:
    """Open a job's dataset, and give every pair its part.

    Raises:
        DatasetError: the dataset or its split cannot be used.
        ConfigError: the model or the recipe cannot be used with this dataset.
    """
    source = open_dataset(job.dataset)
    pairs = parted_pairs(source.pairs, read_splits(source, job.splits), labels=source.labels)
    if job.model_config.size != source.recipe.size:
        raise ConfigError(
            f"The model reads crops of {job.model_config.size} pixels, {source.root} has "
            f"{source.recipe.size}; train with --size {source.recipe.size}"
        )
    if source.stills and job.model_config.architecture != "spatial":
        raise ConfigError(
            f"The model {job.model_config.architecture} looks at motion, {source.root} has still images; "
            "train with --architecture spatial"
        )
    if job.recipe.wants_votes:
        vote_shares(source)  # says so if there are none, before anything is written
    return source, pairs


def codes_to_learn(recipe: TrainRecipe, pairs: PartedPairs) -> npt.NDArray[np.int64]:
    """Return the class code of every row as it is trained on: the true one, or one dealt out as a control."""
    if recipe.shuffle_labels:
        return shuffle_labels_of_videos(pairs, part="train", seed=recipe.seed)
    return pairs.codes


def make_data(job: TrainJob, source: Dataset, pairs: PartedPairs) -> PairDataModule:
    """Return the batches of a job."""
    recipe = job.recipe
    codes = codes_to_learn(recipe, pairs)
    return PairDataModule(
        pairs,
        PairReader(source.root / "clips", list(pairs.table["clip"]), list(pairs.table["pair"])),
        train_order=make_order(recipe, pairs.rows("train"), codes),
        train_codes=codes,
        batch_size=recipe.batch_size,
        flow_encoding=job.model_config.flow_encoding,
        frames=job.model_config.window,
        frame_step=job.model_config.frame_step,
        seed=recipe.seed,
        augmentation=recipe.augmentation,
        targets=vote_shares(source) if recipe.wants_votes else None,
    )


def make_training(
    job: TrainJob, model: ExpressionModel, data: PairDataModule, pairs: PartedPairs
) -> ExpressionTraining:
    """Return what trains a model on a job's batches."""
    codes = codes_to_learn(job.recipe, pairs)[pairs.rows("train")]
    counts = np.bincount(codes, minlength=len(pairs.labels))
    set_majority(model, int(counts.argmax()))
    return ExpressionTraining(
        model,
        job.recipe,
        class_counts=counts.tolist(),
        batches_per_epoch=len(data.train_dataloader()),
    )
