"""The last layer of a head: from its hidden units to the logits, whose softmax are probabilities.

Two of these layers predict in two steps. The first separates the majority, which is the most frequent class
of the training part, from the rest; the second separates the classes of the rest, and learns nothing from
samples of the majority. p(majority) and p(rest) p(class | rest) are one distribution, whose cross entropy is
the sum of the cross entropies of both steps.
"""

from types import MappingProxyType

import torch
from torch import Tensor, nn

SPHERE_FEATURES = 32
_SMALLEST_DISTANCE = 1e-6


class TwoStepOutput(nn.Linear):
    """Separates the majority from the rest, and the classes of the rest by a row of weights for each.

    ``majority`` (C,) is true for one class; training sets it, and it is saved with the weights.
    """

    majority: Tensor

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        self.register_buffer("majority", torch.arange(num_classes) == 0)


class CascadeOutput(TwoStepOutput):
    """A logistic function of the majority's row, and a softmax over the rows of the rest.

    Goodman 2001, Classes for Fast Maximum Entropy Training, with two groups of classes.
    """

    def forward(self, hidden: Tensor) -> Tensor:
        """Return the logits (B, C) of hidden units (B, in_features)."""
        rows = super().forward(hidden)
        rest = rows.masked_fill(self.majority, -torch.inf).logsumexp(1, keepdim=True)  # (B, 6) -> (B, 1)
        return torch.where(self.majority, rows + rest, rows)


class SphereOutput(TwoStepOutput):
    """The majority lies near a centre, and the rest are outliers: p(majority) = exp(-distance).

    The hypersphere classifier of Ruff et al. 2021, Rethinking Assumptions in Deep Anomaly Detection, with its
    pseudo-Huber distance sqrt(|z|² + 1) - 1, in 32 learned features z; their bias is the centre.
    """

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__(in_features, num_classes)
        self.sphere = nn.Linear(in_features, SPHERE_FEATURES)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return the log probabilities (B, C) of hidden units (B, in_features)."""
        rows = super().forward(hidden)
        among_rest = rows.masked_fill(self.majority, -torch.inf).log_softmax(1)
        distance = self.distance(hidden)  # (B, 1024) -> (B, 1)
        outside = torch.log(-torch.expm1(-distance))  # the log of 1 - exp(-distance)
        return torch.where(self.majority, -distance, among_rest + outside)

    def distance(self, hidden: Tensor) -> Tensor:
        """Return the distance (B, 1) from the majority's centre, above 0."""
        squares = self.sphere(hidden).float().square().sum(1, keepdim=True)
        # sqrt(s + 1) - 1, without the loss of digits for a small s
        distance: Tensor = squares / ((squares + 1).sqrt() + 1)
        return distance.clamp(min=_SMALLEST_DISTANCE)


def set_majority(model: nn.Module, code: int) -> None:
    """Set the majority, by its class code, in every layer of a model that predicts in two steps."""
    for layer in model.modules():
        if isinstance(layer, TwoStepOutput):
            layer.majority.copy_(torch.arange(len(layer.majority)) == code)


OUTPUTS: MappingProxyType[str, type[nn.Linear]] = MappingProxyType(
    {"softmax": nn.Linear, "cascade": CascadeOutput, "sphere": SphereOutput}
)
