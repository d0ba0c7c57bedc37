"""A linear support vector machine, fitted by scikit-learn and kept as one linear layer."""

import numpy as np
import torch
from sklearn.svm import LinearSVC
from torch import Tensor

from ferfusion.training.staged.segments import IntArray

ABSENT = -100.0
"""Decision value of a class without a training sample: its softmax is 0."""
_MAX_STEPS = 10_000


def fit_svm(
    features: Tensor, codes: IntArray, *, num_classes: int, c: float, balanced: bool, seed: int
) -> tuple[Tensor, Tensor]:
    """Return weight (C, F) and bias (C,) of the layer whose output is the decision values of an SVM.

    Each class is separated from all others (liblinear); of two classes, one has minus the other's value.

    Args:
        features: A row per sample (N, F), with values of the order of 1.
        codes: Class code of each row; at least two classes.
        num_classes: Classes of the label set; some may have no sample.
        c: Cost of a training sample on the wrong side, relative to the margin.
        balanced: Whether the cost of a sample is inverse to the size of its class.
        seed: Seed of the solver's order.
    """
    svm = LinearSVC(
        C=c, class_weight="balanced" if balanced else None, max_iter=_MAX_STEPS, random_state=seed
    )
    svm.fit(features.cpu().double().numpy(), codes)
    sides = np.array([[-1], [1]]) if len(svm.classes_) == 2 else 1
    weight = torch.zeros(num_classes, features.shape[1])
    bias = torch.full((num_classes,), ABSENT)
    weight[svm.classes_] = torch.from_numpy(svm.coef_ * sides).float()
    bias[svm.classes_] = torch.from_numpy(svm.intercept_ * np.ravel(sides)).float()
    return weight, bias
