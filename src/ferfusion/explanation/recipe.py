"""What is explained and how: every setting of an explanation, shown with it."""

from dataclasses import dataclass

from ferfusion.environment import load_torch
from ferfusion.errors import ConfigError
from ferfusion.lookup import choose

DEFAULT_METHOD = "hires-cam"
PARTS = ("validation", "test", "train")


@dataclass(frozen=True)
class ExplainRecipe:
    """Settings of an explanation.

    Attributes:
        method: How maps are made: hires-cam (place by place, from the last map that is fine enough to show
            parts of a face; Draelos and Carin 2020) or grad-cam (from each stream's last map, 3 x 3 places in
            the report's network; Selvaraju et al. 2017).
        part: Part of the dataset that the pairs are taken from: validation, test or train. Whoever changes a
            model after looking at its mistakes has used the part that they are of: so the test part is not
            the default.
        examples: Pairs of each class that are shown, as many rightly as wrongly named.
        seed: Seed of the choice of pairs, and of what the checks draw.
    """

    method: str = DEFAULT_METHOD
    part: str = "validation"
    examples: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        load_torch()
        from ferfusion.explanation.cam import CAM_METHODS  # noqa: PLC0415 torch

        choose(CAM_METHODS, self.method, what="map method")
        choose(dict.fromkeys(PARTS), self.part, what="part")
        if self.examples < 1:
            raise ConfigError(f"examples must be at least 1, got {self.examples}")
        if self.seed < 0:
            raise ConfigError(f"seed must be 0 or more, got {self.seed}")
