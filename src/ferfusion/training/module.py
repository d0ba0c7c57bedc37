"""The Lightning module: loss, learning rate, and what is counted in an epoch."""

from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.nn import functional as F

from ferfusion.data.batches import Batch, epoch_generator
from ferfusion.errors import ConfigError
from ferfusion.evaluation.metrics import uar, war
from ferfusion.models.two_stream import ExpressionModel
from ferfusion.training.penalties import ActivityProbe, l1_activity_penalty, l2_kernel_penalty
from ferfusion.training.recipe import MONITORS, TrainRecipe
from ferfusion.training.rmsprop import KerasRMSprop
from ferfusion.training.schedules import make_schedule


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

    def add(self, logits: Tensor, codes: Tensor, mean_loss: Tensor) -> None:
        """Count a batch."""
        num_classes = len(self.confusion)
        cells = codes * num_classes + logits.argmax(1)
        self.confusion += torch.bincount(cells, minlength=num_classes**2).view(num_classes, num_classes)
        self.loss_sum += mean_loss * len(codes)

    def metrics(self, prefix: str) -> dict[str, float]:
        """Return cross entropy, accuracy (WAR) and mean recall (UAR) of what was counted."""
        confusion = self.confusion.cpu().numpy()
        return {
            f"{prefix}_loss": float(self.loss_sum) / max(int(confusion.sum()), 1),
            f"{prefix}_accuracy": float(war(confusion)),
            f"{prefix}_uar": float(uar(confusion)),
        }


class ExpressionTraining(LightningModule):
    """Trains a model by a recipe.

    The metrics of the last epoch are in ``epoch_metrics``: ``lr`` (of its last batch) and loss, accuracy and
    uar of both parts. Losses are cross entropy alone, so that recipes with other penalties can be compared;
    those of the training part are taken as it is trained on, with dropout and augmentation.
    """

    def __init__(
        self, model: ExpressionModel, recipe: TrainRecipe, *, num_classes: int, batches_per_epoch: int
    ) -> None:
        super().__init__()
        self.model = model
        self.recipe = recipe
        self.epoch_metrics: dict[str, float] = {}
        self._num_classes = num_classes
        self._schedule = make_schedule(recipe, batches_per_epoch=batches_per_epoch)
        self._probe = ActivityProbe(model.head) if recipe.l1_activity else None

    def configure_optimizers(self) -> KerasRMSprop:
        """Return the optimizer; its rate is set before every batch."""
        recipe = self.recipe
        return KerasRMSprop(self.parameters(), lr=self._schedule.rate, rho=recipe.rho, epsilon=recipe.epsilon)

    def on_train_epoch_start(self) -> None:
        """Begin to count, and make the epoch's dropout follow from seed and epoch."""
        self._train_tally = Tally.empty(self._num_classes, self.device)
        torch.manual_seed(epoch_generator(self.recipe.seed, self.current_epoch).initial_seed())

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Set the learning rate of this batch."""
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self._schedule.rate

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the batch's loss: cross entropy and penalties."""
        logits = self.model(batch.spatial, batch.flow)
        cross_entropy = F.cross_entropy(logits, batch.codes)
        self._train_tally.add(logits.detach(), batch.codes, cross_entropy.detach())
        return cross_entropy + self._penalties()

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Go on in the schedule."""
        self._last_rate = self._schedule.rate
        self._schedule.batch_ended()

    def on_validation_epoch_start(self) -> None:
        """Begin to count."""
        self._val_tally = Tally.empty(self._num_classes, self.device)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Count a batch of the validation part."""
        logits = self.model(batch.spatial, batch.flow)
        self._val_tally.add(logits, batch.codes, F.cross_entropy(logits, batch.codes))

    def on_train_epoch_end(self) -> None:
        """Gather the epoch's metrics and tell the schedule.

        Raises:
            ConfigError: the loss is no longer a finite number.
        """
        self.epoch_metrics = {
            "lr": self._last_rate,
            **self._train_tally.metrics("train"),
            **self._val_tally.metrics("val"),
        }
        if not torch.isfinite(self._train_tally.loss_sum + self._val_tally.loss_sum):
            raise ConfigError(
                f"The loss is not a finite number in epoch {self.current_epoch + 1}; "
                f"lower learning_rate, which is {self.recipe.learning_rate}"
            )
        self.log_dict(self.epoch_metrics)
        self._schedule.epoch_ended(self.score)

    @property
    def score(self) -> float:
        """The monitored metric of the last epoch, negated if lower is better."""
        return MONITORS[self.recipe.monitor] * self.epoch_metrics[self.recipe.monitor]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the place in the schedule."""
        checkpoint["schedule"] = self._schedule.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from the place in the schedule."""
        self._schedule.load_state_dict(checkpoint["schedule"])

    def _penalties(self) -> Tensor | float:
        penalty: Tensor | float = 0.0
        if self.recipe.l2_kernel:
            penalty = l2_kernel_penalty(self.model.head, self.recipe.l2_kernel)
        if self._probe and self._probe.activity is not None:
            penalty = penalty + l1_activity_penalty(self._probe.activity, self.recipe.l1_activity)
        return penalty
