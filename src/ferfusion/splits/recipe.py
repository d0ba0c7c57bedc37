"""How a dataset is divided: every setting of a split."""

from dataclasses import dataclass

from ferfusion.errors import ConfigError
from ferfusion.preparation.recipe import ALIKE

EACH_SUBJECT = "subjects"


@dataclass(frozen=True)
class SplitRecipe:
    """How a dataset is divided.

    Attributes:
        validation: Share of the pairs for the validation part, which chooses epochs and rates.
        test: Share of the pairs for the test part, which is read once, at the end. Where folds or the corpus
            settle the test part, train and validation share the rest as they would beside this one.
        folds: Divide the subjects into this many folds, or into one for each subject ("subjects"), one of
            which is the test part; 0 is a hold-out.
        fold: Which fold is the test part, counted from 0.
        given: Take the parts that the corpus gives; a validation part that it does not give is cut out of
            the training part by subject.
        alike: Correlation from which on two crops count as one picture; a picture in two parts is refused.
        seed: Seed of the search for the best balanced parts.
    """

    validation: float = 0.2
    test: float = 0.2
    folds: int | str = 0
    fold: int = 0
    given: bool = False
    alike: float = ALIKE
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.folds, str) and self.folds.isdecimal():
            object.__setattr__(self, "folds", int(self.folds))
        if not (0 < self.validation < 1 and 0 < self.test < 1 and self.validation + self.test < 1):
            raise ConfigError(
                "validation and test must be shares above 0 that leave some for training, "
                f"got {self.validation} and {self.test}"
            )
        if self.folds != EACH_SUBJECT and (isinstance(self.folds, str) or self.folds < 0 or self.folds == 1):
            raise ConfigError(f"folds must be 0, 2 or more, or {EACH_SUBJECT}, got {self.folds}")
        if self.given and self.folds:
            raise ConfigError(
                "given takes the parts of the corpus and folds makes parts; ask for one of them"
            )
        if self.fold < 0 or (isinstance(self.folds, int) and self.fold >= max(self.folds, 1)):
            raise ConfigError(
                f"fold counts from 0 and must be less than folds, {self.folds}; got {self.fold}"
            )
        if self.seed < 0:
            raise ConfigError(f"seed must be 0 or more, got {self.seed}")
        if not 0.9 <= self.alike <= 1:
            raise ConfigError(f"alike must be a correlation from 0.9 to 1, got {self.alike}")

    @property
    def validation_of_rest(self) -> float:
        """Share of the validation part in what is not tested."""
        return self.validation / (1 - self.test)
