"""What is counted in an epoch."""

from dataclasses import dataclass

import torch
from lightning.pytorch.strategies import Strategy
from torch import Tensor
from torch.nn import functional as F

from ferfusion.evaluation.metrics import uar, war


@dataclass
class Tally:
    """What is summed over the batches of an epoch, on the model's device."""

    loss_sum: Tensor
    confusion: Tensor

    @classmethod
    def empty(cls, num_classes: int, device: torch.device) -> "Tally":
        """Return a tally of nothing."""
        return cls(
            torch.zeros((), dtype=torch.float64, device=device),
            torch.zeros(num_classes, num_classes, dtype=torch.int64, device=device),
        )

    def add(self, logits: Tensor, codes: Tensor) -> None:
        """Count a batch: what it was answered (B, C), and the true classes (B,)."""
        num_classes = len(self.confusion)
        cells = codes * num_classes + logits.argmax(1)
        self.confusion += torch.bincount(cells, minlength=num_classes**2).view(num_classes, num_classes)
        self.loss_sum += F.cross_entropy(logits, codes) * len(codes)

    def summed(self, strategy: Strategy) -> "Tally":
        """Return the sum over all processes that train together."""
        return Tally(
            strategy.reduce(self.loss_sum, reduce_op="sum"), strategy.reduce(self.confusion, reduce_op="sum")
        )

    def metrics(self, prefix: str) -> dict[str, float]:
        """Return cross entropy, accuracy (WAR) and mean recall (UAR) of what was counted."""
        confusion = self.confusion.cpu().numpy()
        return {
            f"{prefix}_loss": float(self.loss_sum) / max(int(confusion.sum()), 1),
            f"{prefix}_accuracy": float(war(confusion)),
            f"{prefix}_uar": float(uar(confusion)),
        }
