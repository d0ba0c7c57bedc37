"""The settings of the hybrid's training after that of its streams."""

from dataclasses import dataclass
from typing import Annotated

from ferfusion.recipe import Above, AtLeast, Recipe


@dataclass(frozen=True)
class HybridRecipe(Recipe):
    """Settings of the hybrid's deep belief network and SVM.

    Attributes:
        rbm_epochs: Epochs of each restricted Boltzmann machine of the hybrid's deep belief network, trained
            without labels.
        dbn_epochs: Epochs of the network's fine-tuning afterwards; the hybrid is scored after each of them.
        dbn_learning_rate: Learning rate of the fine-tuning.
        svm_c: Cost, relative to the margin, of a training video on the wrong side of the hybrid's SVM.
    """

    rbm_epochs: Annotated[int, AtLeast(1)] = 50
    dbn_epochs: Annotated[int, AtLeast(1)] = 20
    dbn_learning_rate: Annotated[float, Above(0)] = 1e-3
    svm_c: Annotated[float, Above(0)] = 1.0
