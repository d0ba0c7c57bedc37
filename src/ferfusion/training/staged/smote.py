"""SMOTE on embeddings: train as usual, then train the head anew on as many embeddings of every class.

Chawla et al. 2002, SMOTE: Synthetic Minority Over-sampling Technique. Halfway between two faces lies no face,
but between what a trained network makes of them lies what it could make of a third. That the head alone is
trained again is as in Kang et al. 2020, Decoupling Representation and Classifier for Long-Tailed Recognition.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from ferfusion.bundle import load_bundle
from ferfusion.compute import torch_device
from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs
from ferfusion.errors import ConfigError
from ferfusion.extras import require
from ferfusion.models.zoo import build_model
from ferfusion.training.build import codes_to_learn
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.staged.embeddings import Embedded, EmbeddingData, HeadOfNetwork, embed
from ferfusion.training.staged.hybrid import Tell, TrainStream

NEIGHBOURS = 5
"""An embedding is drawn between one of its class and one of this one's nearest neighbours in the class."""


@dataclass(frozen=True)
class HeadTraining:
    """What is left to do once the network is trained.

    Attributes:
        head: The network with a new head, as a model that reads embeddings.
        training: What trains it.
        data: The embeddings to train and to validate on.
        seconds: How long all of it took so far.
    """

    head: HeadOfNetwork
    training: ExpressionTraining
    data: EmbeddingData
    seconds: float


def begin_with_smote(
    job: TrainJob, data: PairDataModule, pairs: PartedPairs, *, train_network: TrainStream, tell: Tell
) -> HeadTraining:
    """Train a network as usual, in a run folder of its own, and prepare to train its head anew.

    Raises:
        ConfigError: a class has a single training sample.
        MissingExtraError: imbalanced-learn is not installed.
    """
    codes = codes_to_learn(job.recipe, pairs)
    check_samples(codes[pairs.rows("train")], pairs.labels.names)
    tell("The network, as usual:")
    untreated = replace(job.recipe, imbalance="none")
    first = train_network(job.run / "network", model_config=job.model_config, recipe=untreated)
    started = time.perf_counter()
    network = load_bundle(first.run / "bundle.safetensors").build_model()
    network.to(torch_device(job.compute.device))
    own, validation = (embed(network, data.batches(part), codes) for part in ("train", "validation"))
    train = smote(own, seed=job.recipe.seed)
    tell(f"The head anew, on {len(own)} embeddings and {len(train) - len(own)} drawn between them:")
    fresh = build_model(job.model_config, len(pairs.labels), seed=job.recipe.seed)
    for old, new in zip(network.heads, fresh.heads, strict=True):
        old.load_state_dict(new.state_dict())
    head = HeadOfNetwork(network.train())
    embeddings = EmbeddingData(train, validation, batch_size=job.recipe.batch_size, seed=job.recipe.seed)
    training = ExpressionTraining(
        head,
        replace(job.recipe, frozen_epochs=0),
        class_counts=torch.bincount(train.codes, minlength=len(pairs.labels)).tolist(),
        batches_per_epoch=len(embeddings.train_dataloader()),
    )
    return HeadTraining(head, training, embeddings, first.seconds + time.perf_counter() - started)


def check_samples(codes: npt.NDArray[np.int64], names: Sequence[str]) -> None:
    """Make sure that SMOTE can be done, before time is spent.

    Raises:
        ConfigError: a class has a single sample.
        MissingExtraError: imbalanced-learn is not installed.
    """
    require("imblearn", extra="imbalance")
    counts = np.bincount(codes, minlength=len(names))
    alone = [name for name, count in zip(names, counts, strict=True) if count == 1]
    if alone:
        raise ConfigError(
            f"smote draws between samples of one class, but {', '.join(alone)} has a single one to train on; "
            "choose another treatment of imbalance"
        )


def smote(own: Embedded, *, seed: int) -> Embedded:
    """Return the embeddings and, after them, drawn ones: as many of every class as of the most frequent."""
    over_sampling = require("imblearn", extra="imbalance").over_sampling
    counts = np.bincount(own.codes.numpy())
    neighbours = min(NEIGHBOURS, int(counts[counts > 0].min()) - 1)
    sampler = over_sampling.SMOTE(random_state=seed, k_neighbors=neighbours)
    embeddings, codes = sampler.fit_resample(own.embeddings.numpy(), own.codes.numpy())
    return Embedded(torch.from_numpy(embeddings), torch.from_numpy(codes))
