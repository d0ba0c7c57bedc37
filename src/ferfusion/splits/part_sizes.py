"""Are the parts of a split large enough to say anything? Pure: numbers of people in, sentences out."""

from collections.abc import Mapping
from typing import Any

from ferfusion.parts import Part
from ferfusion.reporting.words import counted

FEWEST_TEST_PEOPLE = 6
"""With n tested people, the smallest p-value of a difference between two models is 2 ** (1 - n): 0.0625 for
5 people, so that no difference can be significant at 5 %, and 0.031 for 6."""


def split_cautions(counts: Mapping[Part, Mapping[str, Any]], *, dataset: str) -> list[str]:
    """Return a caution for each part with too few people, with the command that is better.

    Args:
        counts: By part, ``subjects``: the number of its people.
        dataset: The dataset folder, as the command names it.
    """
    people = {part: int(numbers["subjects"]) for part, numbers in counts.items()}
    total, tested = sum(people.values()), people.get("test", 0)
    found = []
    if 0 < tested < FEWEST_TEST_PEOPLE:
        why = (
            "there is no interval over people, and the scores say nothing about others"
            if tested == 1
            else f"with fewer than {FEWEST_TEST_PEOPLE}, no difference between two models can be significant"
        )
        still = "" if total >= FEWEST_TEST_PEOPLE else ", which are still too few to find a difference"
        found.append(
            f"The test part has {tested} of {counted(total, 'person')}: {why}. "
            f"ferfusion study {dataset} STUDY --folds subjects tests each of the {total} people{still}."
        )
    if people.get("validation") == 1:
        found.append("The validation part has 1 person, on whom alone the choice of the epoch depends.")
    return found
