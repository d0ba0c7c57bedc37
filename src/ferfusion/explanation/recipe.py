"""Settings of an explanation, shown on its page."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from ferfusion.lookup import choose
from ferfusion.parts import PARTS, Part
from ferfusion.recipe import AtLeast, Recipe

METHOD_NAMES = MappingProxyType({"hires-cam": "HiResCAM", "grad-cam": "Grad-CAM"})
"""The methods of the maps with their names in print; ``cam.py`` has the functions."""
DEFAULT_METHOD = "hires-cam"
"""Deletion by its maps lowers the score further than by Grad-CAM's: ``ferfusion explain --check``."""


@dataclass(frozen=True)
class ExplainRecipe(Recipe):
    """Settings of an explanation.

    Attributes:
        method: Method of the maps: hires-cam (from the last map that is fine enough to show areas of a face;
            Draelos and Carin 2020) or grad-cam (from each stream's last map, which has 3 x 3 locations in the
            report's network; Selvaraju et al. 2017).
        part: Part of the dataset: validation, test or train. A model that is changed after a look at its
            mistakes has used the part of these mistakes, so the default is not the test part.
        examples: Correct predictions of each class that are shown, and as many wrong ones.
        seed: Seed of the choice of pairs and of the random draws of the checks.
        why_not: Class that is explained beside the top class: its map, and what each stream contributes
            to it. Without it, only the top class is explained.
    """

    method: str = DEFAULT_METHOD
    part: Part = "validation"
    examples: Annotated[int, AtLeast(1)] = 3
    seed: Annotated[int, AtLeast(0)] = 0
    why_not: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        choose(METHOD_NAMES, self.method, what="map method")
        choose(dict.fromkeys(PARTS), self.part, what="part")
