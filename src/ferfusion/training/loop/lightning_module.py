"""The Lightning module: loss, learning rate, and the metrics of every epoch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.optim import Optimizer

from ferfusion.data.batches import Batch, epoch_generator
from ferfusion.errors import RunError
from ferfusion.models.bases import HeadedModel
from ferfusion.models.dropout import set_generator
from ferfusion.models.encoder_streams import set_frozen
from ferfusion.training.loop.epoch_metrics import EpochMetrics
from ferfusion.training.loop.recipe import MONITORS
from ferfusion.training.objective.loss import make_loss, vote_shares
from ferfusion.training.objective.mixup import mix
from ferfusion.training.objective.penalties import ActivityProbe, l1_activity_penalty, l2_kernel_penalty
from ferfusion.training.objective.vote_head import VoteOutput
from ferfusion.training.optim.ema import WeightAverage
from ferfusion.training.optim.optimizers import make_optimizer, set_rate
from ferfusion.training.optim.schedules import make_schedule
from ferfusion.training.recipe import TrainRecipe


class ExpressionTraining(LightningModule):
    """Trains a model by a recipe.

    The metrics of the last epoch are in ``epoch_metrics``: ``lr`` (of its last batch) and loss, accuracy and
    uar of both parts. Losses are plain cross entropy, so that recipes of other losses and penalties can be
    compared. Those of the training part are taken during training, with dropout and augmentation.
    """

    def __init__(
        self,
        model: HeadedModel,
        recipe: TrainRecipe,
        *,
        class_counts: Sequence[int],
        batches_per_epoch: int,
    ) -> None:
        """Take a model to train.

        Args:
            model: The model.
            recipe: Settings of the training.
            class_counts: Training samples of each class, in label order.
            batches_per_epoch: Batches of an epoch, for the schedule.
        """
        super().__init__()
        self.model = model
        self.recipe = recipe
        self.epoch_metrics: dict[str, float] = {}
        self._num_classes = len(class_counts)
        self._loss = make_loss(recipe, class_counts)
        self._schedule = make_schedule(recipe, epochs=recipe.epochs, batches_per_epoch=batches_per_epoch)
        self.average = WeightAverage(model, decay=recipe.weight_average) if recipe.weight_average else None
        self.votes = (
            VoteOutput(model.heads[0], self._num_classes, seed=recipe.seed) if recipe.vote_weight else None
        )
        self._probes = [ActivityProbe(head) for head in model.heads] if recipe.l1_activity else []

    @property
    def kept_model(self) -> HeadedModel:
        """The model that is validated and kept: with averaged weights, if the recipe has a weight average."""
        return self.average.model if self.average else self.model

    def configure_optimizers(self) -> Optimizer:
        """Return the optimizer; its rate is set before every batch."""
        optimizer = make_optimizer(self.model, self.recipe, learning_rate=self.recipe.learning_rate)
        if self.votes:
            optimizer.add_param_group({"params": list(self.votes.parameters()), "rate_factor": 1.0})
        return optimizer

    def on_train_epoch_start(self) -> None:
        """Reset the metrics, freeze or unfreeze, and seed the epoch's draws by seed and epoch."""
        self._train_metrics = EpochMetrics.empty(self._num_classes, self.device)
        if self.recipe.frozen_epochs:
            set_frozen(self.model, frozen=self.current_epoch < self.recipe.frozen_epochs)
        seed = epoch_generator(self.recipe.seed, self.current_epoch).initial_seed()
        set_generator(self.model, torch.Generator(self.device).manual_seed(seed + self.global_rank))
        self._rng = np.random.default_rng(seed + self.global_rank)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Set the learning rate of this batch."""
        set_rate(self.trainer.optimizers[0], self._schedule.rate)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the batch's loss with penalties; its mean over all processes is that of the whole batch."""
        mixture = mix(batch, strength=self.recipe.mixup, rng=self._rng)
        logits = self.model(*mixture.images)
        _add(self._train_metrics, logits.detach(), batch)
        loss = torch.stack([share * self._label_loss(logits, each) for share, each in mixture.labels]).sum()
        return batch.weight * loss + self._penalties(batch.weight)

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Update the weight average, and advance the schedule."""
        if self.average:
            self.average.update(self.model)
        self._last_rate = self._schedule.rate
        self._schedule.batch_ended()

    def on_validation_epoch_start(self) -> None:
        """Reset the metrics of the validation part."""
        self._val_metrics = EpochMetrics.empty(self._num_classes, self.device)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch of the validation part to its metrics."""
        _add(self._val_metrics, self.kept_model(*batch.images), batch)

    def on_train_epoch_end(self) -> None:
        """Compute the epoch's metrics and pass the score to the schedule.

        Raises:
            RunError: the loss is no longer a finite number.
        """
        train, val = (sums.summed(self.trainer.strategy) for sums in (self._train_metrics, self._val_metrics))
        self.epoch_metrics = {"lr": self._last_rate, **train.metrics("train"), **val.metrics("val")}
        if not torch.isfinite(train.loss_sum + val.loss_sum):
            raise RunError(
                f"The loss is not a finite number in epoch {self.current_epoch + 1}; "
                f"lower learning_rate, which is {self.recipe.learning_rate}"
            )
        self.log_dict(self.epoch_metrics, sync_dist=self.trainer.world_size > 1)
        self._schedule.epoch_ended(self.score)

    def on_train_end(self) -> None:
        """Unfreeze all streams."""
        set_frozen(self.model, frozen=False)

    @property
    def score(self) -> float:
        """The monitored metric of the last epoch, negated if lower is better."""
        return MONITORS[self.recipe.monitor] * self.epoch_metrics[self.recipe.monitor]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the position in the schedule."""
        checkpoint["schedule"] = self._schedule.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Resume from the position in the schedule."""
        self._schedule.load_state_dict(checkpoint["schedule"])

    def _label_loss(self, logits: Tensor, batch: Batch) -> Tensor:
        loss = self._loss(logits, batch)
        if self.votes:
            loss = loss + self.recipe.vote_weight * self.votes.loss(vote_shares(batch))
        return loss

    def _penalties(self, weight: float) -> Tensor | float:
        penalty: Tensor | float = 0.0
        if self.recipe.l2_kernel:
            for head in self.model.heads:
                penalty = penalty + l2_kernel_penalty(head, self.recipe.l2_kernel)
        for probe in self._probes:
            if probe.activity is not None:
                penalty = penalty + weight * l1_activity_penalty(probe.activity, self.recipe.l1_activity)
        return penalty


def _add(metrics: EpochMetrics, logits: Tensor, batch: Batch) -> None:
    # a batch of weight 0 replaces one that has no row for this process
    if batch.weight:
        metrics.add(logits, batch.codes)
