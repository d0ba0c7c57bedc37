"""How a model is trained: every setting that changes its weights, apart from the model itself."""

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError
from ferfusion.lookup import choose, refuse_unknown

if TYPE_CHECKING:
    # torch, for which nobody waits who only lists the settings
    from ferfusion.data.augment import Augmentation
    from ferfusion.training.imbalance import Treatment

SCHEDULE_NAMES = ("plateau", "triangular2", "plateau-restart", "cosine", "constant")
FIXED_LENGTH_SCHEDULES = ("cosine",)
"""Their rates follow from the number of epochs, which therefore cannot be raised later."""
OPTIMIZER_NAMES = ("rmsprop", "sgd", "adamw")
MONITORS = MappingProxyType({"val_uar": 1, "val_accuracy": 1, "val_loss": -1})
"""Validation metrics that may choose the best epoch and end a plateau; -1 where lower is better."""

_CHOICES = MappingProxyType(
    {
        "schedule": (SCHEDULE_NAMES, "schedule"),
        "optimizer": (OPTIMIZER_NAMES, "optimizer"),
        "monitor": (tuple(MONITORS), "metric to monitor"),
    }
)
_AT_LEAST_ONE = ("epochs", "batch_size", "plateau_patience", "rbm_epochs", "dbn_epochs")
_ABOVE_ZERO = (
    "learning_rate",
    "epsilon",
    "cycle_half_epochs",
    "encoder_rate",
    "dbn_learning_rate",
    "svm_c",
)
_NOT_NEGATIVE = (
    "min_learning_rate",
    "weight_decay",
    "vote_weight",
    "mixup",
    "warmup_epochs",
    "early_stopping",
    "l2_kernel",
    "l1_activity",
    "frozen_epochs",
    "seed",
)
_INSIDE_ZERO_ONE = ("rho", "plateau_factor", "restart_below")
_BELOW_ONE = ("label_smoothing", "weight_average")


@dataclass(frozen=True)
class TrainRecipe:
    """Settings of one training; saved with every run and bundle.

    Batch size, rate, schedule and epochs are what trained best on the validation part of the sample corpus
    (1,920 training pairs) within two minutes; the report's are plateau at 0.00001, for 30 times as many
    pairs.

    Attributes:
        epochs: Times that the training part is gone through.
        batch_size: Pairs of a batch, over all devices together.
        optimizer: How a gradient changes the weights: rmsprop (with Keras' meaning), sgd (with Nesterov
            momentum of 0.9), or adamw.
        learning_rate: First rate of plateau, peak of triangular2 and cosine.
        rho: RMSprop's decay of the mean squared gradient.
        epsilon: RMSprop's constant inside the root.
        weight_decay: Pull of every weight towards 0, biases and norms left out; with sgd a part of the
            gradient, with rmsprop and adamw apart from it.
        schedule: Learning rate schedule: plateau, triangular2, plateau-restart (plateau, and triangular2
            once that is stuck at a very small rate), cosine (a straight rise, then half a cosine down to
            min_learning_rate at the last epoch), or constant.
        monitor: Validation metric that chooses the best epoch and ends a plateau: val_uar, val_accuracy or
            val_loss.
        early_stopping: Stop after so many epochs without a new best one; 0 goes on to the last epoch.
        plateau_factor: The rate is multiplied by this on a plateau.
        plateau_patience: Epochs without improvement that make a plateau.
        min_learning_rate: Plateaus lower the rate no further, and cosine ends here.
        warmup_epochs: Epochs in which cosine rises to its peak.
        cycle_half_epochs: Epochs in which triangular2 rises, and again in which it falls.
        cycle_range: The peak of triangular2 divided by its floor.
        restart_below: Share of learning_rate at which plateau-restart takes a further plateau for a dead end.
        l2_kernel: Factor of the squared weights of the second dense layer in the loss.
        l1_activity: Factor of the absolute output of the second dense layer in the loss, per sample.
        imbalance: What is done about classes of unlike sizes: none; class-weights (the fewer samples a class
            has, the more each counts); focal (what is answered rightly and surely counts little);
            logit-adjustment (the loss allows for how frequent each class is); oversample and downsample (an
            epoch reads as much of every class as of the most frequent, or as of the rarest one); smote (the
            head is trained again, with drawn embeddings of the rarer classes; extra "imbalance"); cascade
            (the most frequent class against the rest, then the rest among themselves); outlier (the same,
            but the most frequent class is what lies near a centre, and the rest are outliers).
        label_smoothing: Share of each label that is spread evenly over all classes.
        soft_labels: Learn from the shares of the annotators' votes, where the dataset has them, and not from
            the one label.
        vote_weight: Weight in the loss of a second output that learns the shares of the annotators' votes and
            is thrown away in the end; 0 is none.
        weight_average: Validate, keep and bundle a running mean of the weights that forgets at this rate,
            such as 0.999 of the mean kept at each batch; 0 keeps the weights as they are.
        weights: Weights that the streams start from: imagenet, or a file with torchvision's names; for the
            streams vgg16, vgg19 and resnet50.
        start_from: A bundle: each stream of the same name and shape starts from the bundle's.
        frozen_epochs: Epochs at first in which the streams stay as they are, and only the rest learns.
        encoder_rate: The streams' learning rate as a factor of the rest's.
        rbm_epochs: Epochs of each machine of the hybrid's deep belief network, trained without labels.
        dbn_epochs: Epochs in which that network is then fine-tuned; after each the hybrid is scored.
        dbn_learning_rate: Rate of the fine-tuning.
        svm_c: How much the hybrid's SVM minds training videos on the wrong side, against a wide margin.
        augment: Move training crops together with their flow: mirror, zoom, shear, turn, shift, and a patch
            in front.
        zoom: Width and height are drawn from 1 - zoom to 1 + zoom.
        shear: Top and bottom move apart by up to this share of the side.
        turn: Crops are turned by up to so many degrees, either way.
        shift: Crops are moved by up to this share of the side, along and across.
        cover: Probability that a patch of the crop is covered.
        mixup: Each sample is mixed with another in shares from Beta(mixup, mixup), and so are their labels; 0
            mixes nothing.
        shuffle_labels: Train on labels dealt out anew among the training videos; a control that shows what
            chance reaches.
        seed: Number that initial weights, order, augmentation and dropout follow from.
    """

    epochs: int = 20
    batch_size: int = 16
    optimizer: str = "rmsprop"
    learning_rate: float = 5e-4
    rho: float = 0.9
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    schedule: str = "triangular2"
    monitor: str = "val_uar"
    early_stopping: int = 0
    plateau_factor: float = 0.5
    plateau_patience: int = 2
    min_learning_rate: float = 1e-6
    warmup_epochs: float = 1.0
    cycle_half_epochs: float = 5.0
    cycle_range: float = 6.0
    restart_below: float = 0.05
    l2_kernel: float = 0.001
    l1_activity: float = 0.0
    imbalance: str = "none"
    label_smoothing: float = 0.0
    soft_labels: bool = False
    vote_weight: float = 0.0
    weight_average: float = 0.0
    weights: str = ""
    start_from: str = ""
    frozen_epochs: int = 0
    encoder_rate: float = 1.0
    rbm_epochs: int = 50
    dbn_epochs: int = 20
    dbn_learning_rate: float = 1e-3
    svm_c: float = 1.0
    augment: bool = True
    zoom: float = 0.2
    shear: float = 0.2
    turn: float = 0.0
    shift: float = 0.0
    cover: float = 0.0
    mixup: float = 0.0
    shuffle_labels: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        load_torch()
        for name, (choices, what) in _CHOICES.items():
            choose(dict.fromkeys(choices), getattr(self, name), what=what)
        self.treatment  # noqa: B018 says what there is if it is unknown
        for name in _AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in _ABOVE_ZERO:
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must be 0 or more, got {getattr(self, name)}")
        for name in _INSIDE_ZERO_ONE:
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} must be between 0 and 1, got {getattr(self, name)}")
        for name in _BELOW_ONE:
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 0 and below 1, got {getattr(self, name)}")
        if self.cycle_range < 1:
            raise ConfigError(f"cycle_range must be at least 1, got {self.cycle_range}")
        self._drawn_moves()
        self._check_together()

    def _check_together(self) -> None:
        if self.schedule == "cosine" and self.warmup_epochs > self.epochs:
            raise ConfigError(
                f"warmup_epochs must fit into epochs, got {self.warmup_epochs} of {self.epochs}"
            )
        if self.wants_votes and self.treatment.retrains_head:
            raise ConfigError(
                f"{self.imbalance} draws embeddings that nobody voted on; "
                "leave soft_labels away, and vote_weight"
            )
        if self.wants_votes and self.shuffle_labels:
            raise ConfigError(
                "shuffle_labels is a control for one label a video; leave soft_labels away, and vote_weight"
            )

    @property
    def augmentation(self) -> "Augmentation | None":
        """How far training samples are moved; None is not at all."""
        return self._drawn_moves() if self.augment else None

    def _drawn_moves(self) -> "Augmentation":
        from ferfusion.data.augment import Augmentation  # noqa: PLC0415 torch

        return Augmentation(
            zoom=self.zoom, shear=self.shear, turn=self.turn, shift=self.shift, cover=self.cover
        )

    @property
    def treatment(self) -> "Treatment":
        """What is done about classes of unlike sizes."""
        from ferfusion.training.imbalance import TREATMENTS  # noqa: PLC0415 torch

        return choose(TREATMENTS, self.imbalance, what="treatment of imbalance")

    @property
    def wants_votes(self) -> bool:
        """Whether the votes of annotators are learned from."""
        return self.soft_labels or self.vote_weight > 0

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
