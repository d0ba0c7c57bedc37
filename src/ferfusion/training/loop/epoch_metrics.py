"""Metrics of an epoch, from sums over its batches, and the columns of ``metrics.csv``."""

from dataclasses import dataclass

import torch
from lightning.pytorch.strategies import Strategy
from torch import Tensor
from torch.nn import functional as F

from ferfusion.evaluation.metrics import uar, war

EpochRow = dict[str, float]
"""A row of ``metrics.csv``: a value for each of ``EPOCH_COLUMNS``."""


@dataclass
class EpochMetrics:
    """Sums over the batches of an epoch, on the model's device.

    Attributes:
        loss_sum: Cross entropy, summed over samples, ().
        confusion: Number of samples by true and predicted class, (C, C).
    """

    loss_sum: Tensor
    confusion: Tensor

    @classmethod
    def empty(cls, num_classes: int, device: torch.device) -> "EpochMetrics":
        """Return the sums over no batch."""
        return cls(
            torch.zeros((), dtype=torch.float64, device=device),
            torch.zeros(num_classes, num_classes, dtype=torch.int64, device=device),
        )

    def add(self, logits: Tensor, codes: Tensor) -> None:
        """Add a batch: its logits (B, C), and the true classes (B,)."""
        num_classes = len(self.confusion)
        cells = codes * num_classes + logits.argmax(1)
        self.confusion += torch.bincount(cells, minlength=num_classes**2).view(num_classes, num_classes)
        self.loss_sum += F.cross_entropy(logits, codes) * len(codes)

    def summed(self, strategy: Strategy) -> "EpochMetrics":
        """Return the sums over all processes that train together."""
        return EpochMetrics(
            strategy.reduce(self.loss_sum, reduce_op="sum"), strategy.reduce(self.confusion, reduce_op="sum")
        )

    def metrics(self, prefix: str) -> dict[str, float]:
        """Return mean cross entropy, accuracy (WAR) and mean recall (UAR) by name."""
        confusion = self.confusion.cpu().numpy()
        return {
            f"{prefix}_loss": float(self.loss_sum) / max(int(confusion.sum()), 1),
            f"{prefix}_accuracy": float(war(confusion)),
            f"{prefix}_uar": float(uar(confusion)),
        }
