"""What can be done about classes of unlike sizes: a table of treatments, each one a way to train.

All of them see the training part alone. What a treatment does not name is as without one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

Counts = Sequence[int]
"""Training samples of each class, in label order."""
Weigh = Callable[[Tensor, Tensor], Tensor]
"""Called with logits (B, C) and codes (B,); returns what each sample counts for in the loss (B,)."""
FOCUS = 2.0
STRENGTH = 1.0


@dataclass(frozen=True)
class Treatment:
    """What is done about classes of unlike sizes.

    Attributes:
        weigh: Makes what samples count for in the loss from the classes' counts.
        handicap: Makes what is added to the logits (C,), in the loss alone, from the classes' counts.
        rows_per_class: Makes from the counts how many samples of every class an epoch reads.
        output: The head's last layer.
        retrains_head: Whether the head is trained again, on embeddings to which SMOTE has added some.
    """

    weigh: Callable[[Counts], Weigh] | None = None
    handicap: Callable[[Counts], Tensor] | None = None
    rows_per_class: Callable[[Counts], int] | None = None
    output: str = "softmax"
    retrains_head: bool = False


def balanced_weights(counts: Counts) -> Tensor:
    """Return the weight of a sample of each class with which all classes count the same, 1 in the mean.

    A class without samples gets 0; the formula is scikit-learn's ``balanced``, over the other classes.

    >>> balanced_weights([10, 30, 0]).tolist()
    [2.0, 0.6666666865348816, 0.0]
    """
    sizes = torch.tensor(counts, dtype=torch.float64)
    present = sizes > 0
    weights = sizes.sum() / (present.sum() * sizes.clamp(min=1))
    return torch.where(present, weights, 0.0).float()


def by_class(counts: Counts) -> Weigh:
    """Let all classes count the same: the fewer samples a class has, the more each of them counts."""
    weights = balanced_weights(counts)
    return lambda logits, codes: weights.to(logits)[codes]


def by_doubt(counts: Counts, *, focus: float = FOCUS) -> Weigh:
    """Let a sample count by (1 - p)^focus, where p is the probability that its class is given.

    Lin et al. 2017, Focal Loss for Dense Object Detection, equation 4, with their focus of 2.
    """
    return lambda logits, codes: (1 - logits.softmax(1).gather(1, codes[:, None])[:, 0]) ** focus


def log_priors(counts: Counts, *, strength: float = STRENGTH) -> Tensor:
    """Return ``strength`` times the log of each class's share; a class without samples counts as having one.

    With these added in the loss alone, the logits learn what tells classes apart but for their frequency.
    Menon et al. 2021, Long-Tail Learning via Logit Adjustment, the logit adjusted loss.
    """
    sizes = torch.tensor(counts, dtype=torch.float64)
    return (strength * (sizes.clamp(min=1) / sizes.sum()).log()).float()


def most(counts: Counts) -> int:
    """Return the size of the most frequent class."""
    return max(counts)


def fewest(counts: Counts) -> int:
    """Return the size of the rarest class that there is."""
    return min(count for count in counts if count)


TREATMENTS: MappingProxyType[str, Treatment] = MappingProxyType(
    {
        "none": Treatment(),
        "class-weights": Treatment(weigh=by_class),
        "focal": Treatment(weigh=by_doubt),
        "logit-adjustment": Treatment(handicap=log_priors),
        "oversample": Treatment(rows_per_class=most),
        "downsample": Treatment(rows_per_class=fewest),
        "smote": Treatment(retrains_head=True),
        "cascade": Treatment(output="cascade"),
        "outlier": Treatment(output="sphere"),
    }
)
WITHOUT_HEAD = ("none", "class-weights")
"""Treatments of the hybrid, which ends in an SVM."""
