"""The settings of the loss and of its targets."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.recipe import AtLeast, AtMost, Below, Recipe

if TYPE_CHECKING:
    # imports torch, which a listing of the settings does not wait for
    from ferfusion.training.imbalance import Treatment


@dataclass(frozen=True)
class ObjectiveRecipe(Recipe):
    """Settings of the loss and of its targets.

    Attributes:
        l2_kernel: Factor of the squared weights of the second dense layer in the loss.
        l1_activity: Factor of the absolute output of the second dense layer in the loss, per sample.
        imbalance: Treatment of imbalanced classes: none; class-weights (samples of rare classes count
            more); focal (samples that are classified correctly with a high probability count little);
            logit-adjustment (the loss allows for the frequency of each class); oversample and downsample (an
            epoch has as many samples of every class as of the most frequent, or as of the rarest one); smote
            (the head is retrained with synthetic embeddings of the rarer classes; extra "imbalance");
            cascade (the most frequent class against the rest, then the rest among themselves); outlier (the
            same, but samples of the most frequent class lie near a centre, and the rest are outliers).
        label_smoothing: Share of each label that is spread evenly over all classes.
        soft_labels: Learn the shares of the raters' votes, where the dataset has them, in place of the
            single label.
        vote_weight: Weight in the loss of a second output that learns the shares of the raters' votes and
            is discarded after training; 0 is none.
        teachers: Bundles or runs of the same dataset and split, separated by commas. The mean of their
            probabilities of a training image and its mirror image is learned beside the label.
        teacher_weight: Weight in the loss of what the teachers answer.
        teacher_temperature: Temperature at which their answers are learned; above 1, the classes that they
            hold for less likely count more.
        mixup: Each sample is mixed with another in shares from Beta(mixup, mixup), and so are their labels; 0
            mixes nothing.
    """

    l2_kernel: Annotated[float, AtLeast(0)] = 0.001
    l1_activity: Annotated[float, AtLeast(0)] = 0.0
    imbalance: str = "none"
    label_smoothing: Annotated[float, AtLeast(0), Below(1)] = 0.0
    soft_labels: bool = False
    vote_weight: Annotated[float, AtLeast(0)] = 0.0
    teachers: str = ""
    teacher_weight: Annotated[float, AtLeast(0)] = 1.0
    teacher_temperature: Annotated[float, AtLeast(1), AtMost(4)] = 2.0
    mixup: Annotated[float, AtLeast(0)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        treatment = self.treatment
        if (self.uses_votes or self.teachers) and treatment.retrains_head:
            raise ConfigError(
                f"{self.imbalance} adds synthetic embeddings, which have no votes and no teachers; "
                "unset soft_labels, vote_weight and teachers"
            )

    @property
    def treatment(self) -> "Treatment":
        """The treatment of imbalanced classes."""
        load_torch()
        from ferfusion.training.imbalance import TREATMENTS  # noqa: PLC0415 torch

        return choose(TREATMENTS, self.imbalance, what="treatment of imbalance")

    @property
    def uses_votes(self) -> bool:
        """Whether the model learns the raters' votes."""
        return self.soft_labels or self.vote_weight > 0
