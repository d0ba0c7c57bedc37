"""How training samples are augmented: every setting of it."""

from dataclasses import dataclass, fields
from typing import Annotated

from ferfusion.recipe import AtLeast, AtMost, Below, Recipe


@dataclass(frozen=True)
class AugmentRanges(Recipe):
    """Ranges that an augmentation is sampled from.

    Attributes:
        zoom: Width and height are each scaled by a factor from 1 - zoom to 1 + zoom.
        shear: The image's top and bottom move apart by up to this share of its side.
        rotate: The image is rotated by up to this many degrees, either way.
        translate: The image is translated by up to this share of its side, along and across.
        random_erasing: Probability that a rectangle of the crop is erased.
    """

    zoom: Annotated[float, AtLeast(0), Below(1)] = 0.2
    shear: Annotated[float, AtLeast(0), Below(1)] = 0.2
    rotate: Annotated[float, AtLeast(0), AtMost(180, "degrees")] = 0.0
    translate: Annotated[float, AtLeast(0), Below(1)] = 0.0
    random_erasing: Annotated[float, AtLeast(0), AtMost(1)] = 0.0


@dataclass(frozen=True)
class Augmentation(AugmentRanges):
    """What is sampled for a training crop and its flow: an affine map and an erased rectangle.

    Attributes:
        flip: Probability of a mirror image.
    """

    flip: Annotated[float, AtLeast(0), AtMost(1)] = 0.5


@dataclass(frozen=True)
class AugmentRecipe(AugmentRanges):
    """Whether and how far training samples are augmented.

    Attributes:
        augment: Augment training crops together with their flow: mirror, zoom, shear, rotate, translate, and
            erase a rectangle.
    """

    augment: bool = True

    @property
    def augmentation(self) -> Augmentation | None:
        """What training samples are augmented with; None is no augmentation."""
        if not self.augment:
            return None
        return Augmentation(**{field.name: getattr(self, field.name) for field in fields(AugmentRanges)})
