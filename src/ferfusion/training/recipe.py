"""How a model is trained: every setting that changes its weights, apart from the model itself."""

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from ferfusion.data.augment import Augmentation
from ferfusion.errors import ConfigError
from ferfusion.lookup import choose, refuse_unknown

SCHEDULE_NAMES = ("plateau", "triangular2", "plateau-restart", "constant")
MONITORS = MappingProxyType({"val_uar": 1, "val_accuracy": 1, "val_loss": -1})
"""Validation metrics that may choose the best epoch and end a plateau; -1 where lower is better."""


@dataclass(frozen=True)
class TrainRecipe:
    """Settings of one training; saved with every run and bundle.

    Batch size, rate, schedule and epochs are what trained best on the validation part of the sample corpus
    (1,920 training pairs) within two minutes; the report's are plateau at 0.00001, for 30 times as many
    pairs.

    Attributes:
        epochs: Times that the training part is gone through.
        batch_size: Pairs of a batch.
        learning_rate: First rate of plateau, peak of triangular2.
        rho: RMSprop's decay of the mean squared gradient.
        epsilon: RMSprop's constant inside the root.
        schedule: Learning rate schedule: plateau, triangular2, plateau-restart (plateau, and triangular2
            once that is stuck at a very small rate), or constant.
        monitor: Validation metric that chooses the best epoch and ends a plateau: val_uar, val_accuracy or
            val_loss.
        plateau_factor: The rate is multiplied by this on a plateau.
        plateau_patience: Epochs without improvement that make a plateau.
        min_learning_rate: Plateaus lower the rate no further.
        cycle_half_epochs: Epochs in which triangular2 rises, and again in which it falls.
        cycle_range: The peak of triangular2 divided by its floor.
        restart_below: Share of learning_rate at which plateau-restart takes a further plateau for a dead end.
        l2_kernel: Factor of the squared weights of the second dense layer in the loss.
        l1_activity: Factor of the absolute output of the second dense layer in the loss, per sample.
        augment: Move training crops together with their flow: mirror, zoom, shear.
        zoom: Width and height are drawn from 1 - zoom to 1 + zoom.
        shear: Top and bottom move apart by up to this share of the side.
        shuffle_labels: Train on labels dealt out anew among the training videos; a control that shows what
            chance reaches.
        seed: Number that initial weights, order, augmentation and dropout follow from.
    """

    epochs: int = 20
    batch_size: int = 16
    learning_rate: float = 5e-4
    rho: float = 0.9
    epsilon: float = 1e-7
    schedule: str = "triangular2"
    monitor: str = "val_uar"
    plateau_factor: float = 0.5
    plateau_patience: int = 2
    min_learning_rate: float = 1e-6
    cycle_half_epochs: float = 5.0
    cycle_range: float = 6.0
    restart_below: float = 0.05
    l2_kernel: float = 0.001
    l1_activity: float = 0.0
    augment: bool = True
    zoom: float = 0.2
    shear: float = 0.2
    shuffle_labels: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        choose(dict.fromkeys(SCHEDULE_NAMES), self.schedule, what="schedule")
        choose(MONITORS, self.monitor, what="metric to monitor")
        for name in ("epochs", "batch_size", "plateau_patience"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("learning_rate", "epsilon", "cycle_half_epochs"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("min_learning_rate", "l2_kernel", "l1_activity", "seed"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must be 0 or more, got {getattr(self, name)}")
        for name in ("rho", "plateau_factor", "restart_below"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} must be between 0 and 1, got {getattr(self, name)}")
        if self.cycle_range < 1:
            raise ConfigError(f"cycle_range must be at least 1, got {self.cycle_range}")
        Augmentation(zoom=self.zoom, shear=self.shear)

    @property
    def augmentation(self) -> Augmentation | None:
        """How far training samples are moved; None is not at all."""
        return Augmentation(zoom=self.zoom, shear=self.shear) if self.augment else None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainRecipe":
        """Read settings back.

        Raises:
            ConfigError: a key is not a setting of this version, or a value cannot be used.
        """
        refuse_unknown(cls, values, what="training")
        return cls(**values)
