"""SMOTE on embeddings: as many of every class as of the most frequent.

Halfway between two faces lies no face, but between what a trained network makes of them lies what it could
make of a third.

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
"""An embedding is drawn between one of its class and one of this one's nearest neighbours in the class."""


def check_samples(codes: npt.NDArray[np.int64], names: Sequence[str]) -> None:
    """Check that SMOTE can be done, before time is spent.

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
    """Return the embeddings and, after them, synthetic ones: each class as often as the most frequent."""
    over_sampling = require("imblearn", extra="imbalance").over_sampling
    counts = np.bincount(own.codes.numpy())
    neighbours = min(NEIGHBOURS, int(counts[counts > 0].min()) - 1)
    sampler = over_sampling.SMOTE(random_state=seed, k_neighbors=neighbours)
    embeddings, codes = sampler.fit_resample(own.embeddings.numpy(), own.codes.numpy())
    return Embedded(torch.from_numpy(embeddings), torch.from_numpy(codes))
