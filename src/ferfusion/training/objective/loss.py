"""The loss of a batch, made from the recipe and the class counts of the training part."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from ferfusion.data.batches import Batch
from ferfusion.errors import ConfigError
from ferfusion.training.imbalance import Counts
from ferfusion.training.objective.recipe import ObjectiveRecipe

Loss = Callable[[Tensor, Batch], Tensor]
"""Called with the logits (B, C) of a batch and the batch; returns its mean loss."""


def make_loss(recipe: ObjectiveRecipe, class_counts: Counts) -> Loss:
    """Return the loss that a recipe names.

    Args:
        recipe: Settings of the loss.
        class_counts: Training samples of each class, in label order.
    """
    treatment = recipe.treatment
    sample_weights = treatment.sample_weights and treatment.sample_weights(class_counts)
    logit_bias = treatment.logit_bias and treatment.logit_bias(class_counts)

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        own = label_loss(logits, batch)
        if not recipe.teachers:
            return own
        assert batch.taught is not None, "the batches of a training with teachers have their answers"
        taught = teacher_loss(logits, batch.taught, temperature=recipe.teacher_temperature)
        return own + recipe.teacher_weight * taught

    def label_loss(logits: Tensor, batch: Batch) -> Tensor:
        target = vote_shares(batch) if recipe.soft_labels else batch.codes
        if logit_bias is not None:
            logits = logits + logit_bias.to(logits)
        if sample_weights is None:
            return F.cross_entropy(logits, target, label_smoothing=recipe.label_smoothing)
        each = F.cross_entropy(logits, target, reduction="none", label_smoothing=recipe.label_smoothing)
        # the mean over the batch, as in Keras; torch would divide by the sum of the batch's weights
        return (sample_weights(logits, batch.codes) * each).mean()

    return loss


def teacher_loss(logits: Tensor, taught: Tensor, *, temperature: float) -> Tensor:
    """Return how far a model is from the answers of its teachers: the mean divergence, times temperature².

    The factor keeps the gradients as large at every temperature (Hinton, Vinyals & Dean 2015, section 2).

    Args:
        logits: The model's, (B, C).
        taught: The teachers' probabilities at the temperature, (B, C).
        temperature: That temperature.
    """
    answers = F.log_softmax(logits / temperature, 1)
    return temperature**2 * F.kl_div(answers, taught, reduction="batchmean")


def vote_shares(batch: Batch) -> Tensor:
    """Return a batch's shares of votes (B, C).

    Raises:
        ConfigError: it has none.
    """
    if batch.targets is None:
        raise ConfigError("The dataset has no votes of raters; unset soft_labels and vote_weight")
    return batch.targets
