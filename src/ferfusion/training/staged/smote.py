"""SMOTE on embeddings: synthetic ones, until every class has as many as the most frequent one.

The mean of two images of faces is no image of a face, but a point between their embeddings may be the
embedding of a third face.

Source: Chawla et al. 2002, SMOTE: Synthetic Minority Over-sampling Technique.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from ferfusion.errors import ConfigError
from ferfusion.extras import require
from ferfusion.training.staged.embeddings import Embedded

NEIGHBOURS = 5
"""Nearest neighbours of an embedding in its class; a synthetic one lies between it and one of them."""


def check_samples(codes: npt.NDArray[np.int64], names: Sequence[str]) -> None:
    """Check that SMOTE can run, before anything is trained.

    Raises:
        ConfigError: a class has a single sample.
        MissingExtraError: imbalanced-learn is not installed.
    """
    require("imblearn", extra="imbalance")
    counts = np.bincount(codes, minlength=len(names))
    alone = [name for name, count in zip(names, counts, strict=True) if count == 1]
    if alone:
        raise ConfigError(
            f"smote interpolates between samples of a class, but {', '.join(alone)} has a single sample; "
            "choose another treatment of imbalance"
        )


def smote(own: Embedded, *, seed: int) -> Embedded:
    """Return the embeddings, then synthetic ones, so that every class has as many as the most frequent."""
    over_sampling = require("imblearn", extra="imbalance").over_sampling
    counts = np.bincount(own.codes.numpy())
    neighbours = min(NEIGHBOURS, int(counts[counts > 0].min()) - 1)
    sampler = over_sampling.SMOTE(random_state=seed, k_neighbors=neighbours)
    embeddings, codes = sampler.fit_resample(own.embeddings.numpy(), own.codes.numpy())
    return Embedded(torch.from_numpy(embeddings), torch.from_numpy(codes))
