"""Mixup: mixtures of samples, with the same mixtures of their labels (Zhang et al. 2018, mixup)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ferfusion.data.batches import Batch


@dataclass(frozen=True)
class Mixture:
    """The input and the labels of one training step.

    Attributes:
        images: Input of the model.
        labels: Batches whose labels are the targets, each with its share; the first has the largest.
    """

    images: tuple[Tensor, ...]
    labels: tuple[tuple[float, Batch], ...]


def mix(batch: Batch, *, strength: float, rng: np.random.Generator) -> Mixture:
    """Mix each sample with another one of the batch, all with the same share.

    The share is drawn from Beta(strength, strength). A strength of 0 mixes nothing.
    """
    if not strength:
        return Mixture(batch.images, ((1.0, batch),))
    drawn = float(rng.beta(strength, strength))
    share = max(drawn, 1 - drawn)
    order = torch.from_numpy(rng.permutation(len(batch.codes))).to(batch.codes.device)
    other = batch._replace(
        codes=batch.codes[order],
        targets=None if batch.targets is None else batch.targets[order],
        taught=None if batch.taught is None else batch.taught[order],
    )
    images = tuple(torch.lerp(image[order], image, share) for image in batch.images)
    return Mixture(images, ((share, batch), (1 - share, other)))
