"""A second output that learns the raters' votes, beside the single label."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.heads import DenseHead
from ferfusion.models.random_state import borrowed_random_state


class VoteOutput(nn.Module):
    """A dense layer on a head's last hidden units, whose softmax learns the shares of the votes.

    The votes carry more information on a face than its single label. The layer belongs to the training, not
    to the model: it is discarded afterwards, and the units below it keep their weights.
    """

    def __init__(self, head: DenseHead, num_classes: int, *, seed: int) -> None:
        super().__init__()
        with borrowed_random_state():
            self.dense = nn.Linear(head.dense3.in_features, num_classes)
        nn.init.xavier_uniform_(self.dense.weight, generator=torch.Generator().manual_seed(seed))
        nn.init.zeros_(self.dense.bias)
        self._hidden: Tensor | None = None
        head.dropout2.register_forward_hook(self._keep)

    def loss(self, targets: Tensor) -> Tensor:
        """Return the mean cross entropy of the layer's output for the last batch and its votes (B, C)."""
        assert self._hidden is not None, "the model has not been called yet"
        return F.cross_entropy(self.dense(self._hidden), targets)

    def _keep(self, _module: object, _inputs: object, output: Tensor) -> None:
        self._hidden = output
