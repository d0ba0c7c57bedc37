"""Many comparisons at once: Holm's correction, and groups of variants without a significant difference."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from ferfusion.evaluation.metrics import FloatArray


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """Return p-values that hold for all comparisons together (Holm 1979, Scand. J. Statistics 6).

    The smallest of n is multiplied by n, the next by n - 1, and so on; each is at least the one before it.
    The correction holds for any dependence between the comparisons.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1)
    return adjusted


def groups_without_difference(
    names: Sequence[str], different: Collection[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    """Return the largest groups of variants in which no two differ (Piepho 2004, J. Comput. Graph. Stat. 13).

    Two variants differ if and only if no group has both. A variant can be in several groups: a and b, and b
    and c, may not differ although a and c do.

    Args:
        names: All variants; groups keep their order, such as the best first.
        different: The pairs that differ, in either order.

    >>> groups_without_difference(["a", "b", "c"], {("a", "c")})
    (('a', 'b'), ('b', 'c'))
    """
    groups = [frozenset(names)]
    for pair in different:
        parted = [group - {one} for group in groups if group.issuperset(pair) for one in pair]
        whole = [group for group in groups if not group.issuperset(pair)]
        groups = _largest([*whole, *parted])
    place = {name: number for number, name in enumerate(names)}
    ordered = [tuple(sorted(group, key=lambda name: place[name])) for group in groups]
    return tuple(sorted(ordered, key=lambda group: [place[name] for name in group]))


def group_letters(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return for each variant the letters of its groups: variants that share one do not differ.

    >>> group_letters([("a", "b"), ("b", "c")])
    {'a': 'a', 'b': 'ab', 'c': 'b'}
    """
    letters: dict[str, str] = {}
    for number, group in enumerate(groups):
        for name in group:
            letters[name] = letters.get(name, "") + _letter(number)
    return letters


def _letter(number: int) -> str:
    """Return a to z, then a1 to z1, and so on."""
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")


def _largest(groups: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Leave out groups that are part of another, and all but one of equal ones."""
    different = list(dict.fromkeys(groups))
    return [group for group in different if not any(group < other for other in different)]
