"""Groups of people by a column such as age or sex: one of each value, or bands of numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ferfusion.corpora.same_person import subject_key
from ferfusion.spelling import decimal_point

MOST_VALUES = 8
"""Different values of a column above which numbers are cut into bands, and text is not tested."""
_BANDS = 3
MISSING = frozenset(
    {
        "", "?", "-", "--", "\u2013", "\u2014", "\u2212", ".", "na", "n/a", "#n/a", "<na>", "n.a.", "n.a",
        "nan", "null", "none", "unknown", "missing", "notavailable", "k.a.", "k.a", "keineangabe",
    }
)  # fmt: skip
"""What a cell without a value has, in lower case and without blanks."""


@dataclass(frozen=True)
class Grouping:
    """The groups of a column.

    Attributes:
        names: Names of the groups, in order: numbers by size, text by alphabet.
        of_person: Number of the group of each person; -1 for a person without a value.
        is_banded: Whether the groups are bands of numbers.
        is_mixed: Whether some values are numbers and others are words.
    """

    names: tuple[str, ...]
    of_person: tuple[int, ...]
    is_banded: bool = False
    is_mixed: bool = False

    @property
    def is_fine(self) -> bool:
        """Whether it has too many groups to be tested."""
        return len(self.names) > MOST_VALUES


def is_missing(cell: str) -> bool:
    """Return whether a cell is empty or has a word for a missing value, in any case and with any blanks.

    >>> is_missing("k. A."), is_missing("?"), is_missing("prefer not to say"), is_missing("-9")
    (True, True, False, False)
    """
    return subject_key(cell).replace(" ", "") in MISSING


def grouping(cells: Sequence[str]) -> Grouping:
    """Return the groups of a column.

    Empty cells and words such as unknown, NA and ? are no value (``is_missing``). Values that differ as the
    spellings of one person can, such as by case and blanks, are one. More than ``MOST_VALUES`` different
    numbers are cut into at most three bands of about equal numbers of people.

    Args:
        cells: Cell of each person.

    >>> grouping(["f", "M", "", "F ", "NA"])
    Grouping(names=('f', 'M'), of_person=(0, 1, -1, 0, -1), is_banded=False, is_mixed=False)
    >>> grouping(["10", "9", "9"]).names
    ('9', '10')
    >>> grouping([str(age) for age in range(20, 32)]).names
    ('20 to 23', '24 to 27', '28 to 31')
    """
    values = [" ".join(cell.split()) for cell in cells]
    keys = ["" if is_missing(value) else subject_key(value) for value in values]
    numbers = [_number(key) for key in keys if key]
    if numbers and not any(map(math.isnan, numbers)):
        return _of_numbers([_number(key) if key else math.nan for key in keys])
    name_of: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        if key:
            name_of.setdefault(key, value)
    place = {key: number for number, key in enumerate(sorted(name_of))}
    return Grouping(
        tuple(name_of[key] for key in place),
        tuple(place.get(key, -1) for key in keys),
        is_mixed=not all(map(math.isnan, numbers)),
    )


def _of_numbers(numbers: Sequence[float]) -> Grouping:
    known = np.array([number for number in numbers if not math.isnan(number)])
    different = np.unique(known)
    is_banded = len(different) > MOST_VALUES
    uppers = different
    if is_banded:
        shares = np.arange(1, _BANDS + 1) / _BANDS
        uppers = np.unique(np.quantile(known, shares, method="inverted_cdf"))
    places = np.searchsorted(uppers, numbers)  # nan belongs after all
    names = []
    for place, upper in enumerate(uppers.tolist()):
        lower = float(known[np.searchsorted(uppers, known) == place].min())
        names.append(f"{lower:g}" if lower == upper else f"{lower:g} to {upper:g}")
    of_person = tuple(
        -1 if math.isnan(number) else int(place) for number, place in zip(numbers, places, strict=True)
    )
    return Grouping(tuple(names), of_person, is_banded)


def _number(text: str) -> float:
    try:
        number = float(decimal_point(text))
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
