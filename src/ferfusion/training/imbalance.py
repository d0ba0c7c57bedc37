"""Treatments of imbalanced classes: a table, each item one way to train.

A treatment reads the training part alone. A training without treatment has the defaults of its fields.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

Counts = Sequence[int]
"""Training samples of each class, in label order."""
SampleWeights = Callable[[Tensor, Tensor], Tensor]
"""Called with logits (B, C) and codes (B,); returns the weight of each sample in the loss (B,)."""
FOCUS = 2.0
STRENGTH = 1.0


@dataclass(frozen=True)
class Treatment:
    """A treatment of imbalanced classes.

    Attributes:
        sample_weights: Makes the function of the samples' weights in the loss from the class counts.
        logit_bias: Makes the bias (C,) that is added to the logits, in the loss alone, from the class counts.
        rows_per_class: Makes the number of samples of every class in an epoch from the class counts.
        output: The head's last layer.
        retrains_head: Whether the head is retrained, on embeddings to which SMOTE adds synthetic ones.
    """

    sample_weights: Callable[[Counts], SampleWeights] | None = None
    logit_bias: Callable[[Counts], Tensor] | None = None
    rows_per_class: Callable[[Counts], int] | None = None
    output: str = "softmax"
    retrains_head: bool = False


def balanced_weights(counts: Counts) -> Tensor:
    """Return the weight of a sample of each class, 1 in the mean, with which all classes count the same.

    A class without samples gets 0; the formula is scikit-learn's ``balanced``, over the other classes.

    >>> balanced_weights([10, 30, 0]).tolist()
    [2.0, 0.6666666865348816, 0.0]
    """
    sizes = torch.tensor(counts, dtype=torch.float64)
    present = sizes > 0
    weights = sizes.sum() / (present.sum() * sizes.clamp(min=1))
    return torch.where(present, weights, 0.0).float()


def class_weights(counts: Counts) -> SampleWeights:
    """Return weights by class, with which all classes count the same."""
    weights = balanced_weights(counts)
    return lambda logits, codes: weights.to(logits)[codes]


def focal_weights(counts: Counts, *, focus: float = FOCUS) -> SampleWeights:
    """Return weights of (1 - p)^focus, where p is the predicted probability of the true class.

    Lin et al. 2017, Focal Loss for Dense Object Detection, equation 4, with their focus of 2.
    """
    return lambda logits, codes: (1 - logits.softmax(1).gather(1, codes[:, None])[:, 0]) ** focus


def log_priors(counts: Counts, *, strength: float = STRENGTH) -> Tensor:
    """Return ``strength`` times the log of each class's share; a class without samples counts as having one.

    With this bias in the loss alone, the logits learn to separate the classes regardless of their frequency.
    Menon et al. 2021, Long-Tail Learning via Logit Adjustment, the logit adjusted loss.
    """
    sizes = torch.tensor(counts, dtype=torch.float64)
    return (strength * (sizes.clamp(min=1) / sizes.sum()).log()).float()


def max_count(counts: Counts) -> int:
    """Return the size of the most frequent class."""
    return max(counts)


def min_count(counts: Counts) -> int:
    """Return the size of the rarest class that has samples."""
    return min(count for count in counts if count)


TREATMENTS: MappingProxyType[str, Treatment] = MappingProxyType(
    {
        "none": Treatment(),
        "class-weights": Treatment(sample_weights=class_weights),
        "focal": Treatment(sample_weights=focal_weights),
        "logit-adjustment": Treatment(logit_bias=log_priors),
        "oversample": Treatment(rows_per_class=max_count),
        "downsample": Treatment(rows_per_class=min_count),
        "smote": Treatment(retrains_head=True),
        "cascade": Treatment(output="cascade"),
        "outlier": Treatment(output="sphere"),
    }
)
