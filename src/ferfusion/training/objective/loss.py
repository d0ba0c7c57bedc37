"""The loss of a batch: made in one place from the recipe and how many training samples each class has."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from ferfusion.data.batches import Batch
from ferfusion.errors import ConfigError
from ferfusion.training.imbalance import Counts
from ferfusion.training.recipe import TrainRecipe

Loss = Callable[[Tensor, Batch], Tensor]
"""Called with logits (B, C) and the batch that they answer; returns its mean loss."""


def make_loss(recipe: TrainRecipe, class_counts: Counts) -> Loss:
    """Return the loss that a recipe asks for.

    Args:
        recipe: How to train.
        class_counts: Training samples of each class, in label order.
    """
    treatment = recipe.treatment
    weigh = treatment.weigh and treatment.weigh(class_counts)
    handicap = treatment.handicap and treatment.handicap(class_counts)

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        target = vote_shares(batch) if recipe.soft_labels else batch.codes
        if handicap is not None:
            logits = logits + handicap.to(logits)
        if weigh is None:
            return F.cross_entropy(logits, target, label_smoothing=recipe.label_smoothing)
        each = F.cross_entropy(logits, target, reduction="none", label_smoothing=recipe.label_smoothing)
        # the mean over the batch, as Keras takes it; torch would divide by the sum of the batch's weights
        return (weigh(logits, batch.codes) * each).mean()

    return loss


def vote_shares(batch: Batch) -> Tensor:
    """Return a batch's shares of votes (B, C).

    Raises:
        ConfigError: it has none.
    """
    if batch.targets is None:
        raise ConfigError(
            "The dataset has no votes of annotators to learn from; leave soft_labels away, and vote_weight"
        )
    return batch.targets
