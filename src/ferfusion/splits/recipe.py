"""Settings of a split."""

from dataclasses import dataclass
from typing import Annotated

from ferfusion.errors import ConfigError
from ferfusion.preparation.recipe import COPY_SIMILARITY
from ferfusion.recipe import AtLeast, AtMost, Recipe

EACH_SUBJECT = "subjects"


@dataclass(frozen=True)
class SplitRecipe(Recipe):
    """Settings of a split.

    Attributes:
        validation: Share of the pairs in the validation part, which chooses epochs and learning rates.
        test: Share of the pairs in the test part, which is measured once, at the end. Where folds or the
            corpus define the test part, train and validation divide the rest in the same ratio.
        folds: Number of folds, one of which is the test part; "subjects" makes each subject a fold, and 0
            makes a hold-out split.
        fold: Index of the fold that is the test part, from 0.
        official: Use the official split of the corpus; if it has no validation part, that is cut out of the
            training part by subject. If it has no test part, its validation part becomes that, and the part
            that is cut out has at most as many pairs. Images of unknown people are always split officially.
        similarity: Correlation from which on two crops count as copies; a copy in another part is refused.
        seed: Seed of the search for the most balanced parts.
    """

    validation: float = 0.2
    test: float = 0.2
    folds: int | str = 0
    fold: int = 0
    official: bool = False
    similarity: Annotated[float, AtLeast(0.9), AtMost(1)] = COPY_SIMILARITY
    seed: Annotated[int, AtLeast(0)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.folds, str) and self.folds.isdecimal():
            object.__setattr__(self, "folds", int(self.folds))
        if not (0 < self.validation < 1 and 0 < self.test < 1 and self.validation + self.test < 1):
            raise ConfigError(
                "validation and test must be shares above 0 that leave some for training, "
                f"got {self.validation} and {self.test}"
            )
        if self.folds != EACH_SUBJECT and (isinstance(self.folds, str) or self.folds < 0 or self.folds == 1):
            raise ConfigError(f"folds must be 0, 2 or more, or {EACH_SUBJECT}, got {self.folds}")
        if self.official and self.folds:
            raise ConfigError(
                "official uses the parts of the corpus and folds makes other parts; set one of them"
            )
        if self.fold < 0 or (isinstance(self.folds, int) and self.fold >= max(self.folds, 1)):
            raise ConfigError(
                f"fold counts from 0 and must be less than folds, {self.folds}; got {self.fold}"
            )

    @property
    def validation_of_rest(self) -> float:
        """Share of the validation part in the pairs outside the test part."""
        return self.validation / (1 - self.test)
