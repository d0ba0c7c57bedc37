"""Divide subjects into groups so that every class is divided in the proportions of the groups.

Pure: counts in, a group for each subject out. The cost is the mean, over groups and classes, of the squared
relative error of a group's share of a class. Moves and swaps of single subjects lower it, from random starts.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESTARTS = 40
_SUBJECTS_IN_ALL_STARTS = 4000
_SWAPS = 20
_LACKING = 10.0
"""Cost of a division that lacks a class; more than any imbalance."""
_MIN_GAIN = 1e-12


@dataclass(frozen=True)
class Division:
    """A group for each subject.

    Attributes:
        groups: Number of each subject's group, (S,).
        complete: Whether every group has every class.
    """

    groups: NDArray[np.int64]
    complete: bool


def divide_subjects(
    counts: NDArray[np.float64],
    shares: NDArray[np.float64],
    *,
    seed: int,
    every_class: bool = True,
    restarts: int = RESTARTS,
) -> Division:
    """Return the best division of several searches.

    Args:
        counts: Number of pairs by subject (rows) and class (columns), (S, C); no class is empty.
        shares: Share of each group, (G,); their sum is 1.
        seed: Seed of the random starts.
        every_class: Whether a group without a class costs more than any imbalance.
        restarts: Largest number of random starts. Thousands of subjects are easily balanced and get fewer.
    """
    search = _Search(counts / counts.sum(axis=0), shares, every_class, np.random.default_rng(seed))
    starts = min(restarts, max(2, _SUBJECTS_IN_ALL_STARTS // len(counts)))
    groups = min(
        (search.descend() for _ in range(starts)), key=lambda result: search.cost(search.sums(result))
    )
    return Division(groups, complete=bool((search.sums(groups) > 0).all()))


@dataclass(frozen=True)
class _Search:
    """``spread`` is each subject's share of each class, (S, C); ``sums`` is each group's, (G, C)."""

    spread: NDArray[np.float64]
    shares: NDArray[np.float64]
    every_class: bool
    rng: np.random.Generator

    def descend(self) -> NDArray[np.int64]:
        """Improve a random division until no move or swap of a subject lowers its cost."""
        groups: NDArray[np.int64] = self.rng.choice(len(self.shares), size=len(self.spread), p=self.shares)
        sums = self.sums(groups)
        cost, improved = self.cost(sums), True
        while improved:
            improved = False
            for subject in self.rng.permutation(len(self.spread)):
                changes = self._changes(groups, int(subject))
                best = None
                for number, tried in enumerate(self._costs(changes, int(subject), groups, sums).tolist()):
                    if tried < cost - _MIN_GAIN:
                        best, cost = number, tried
                if best is not None:
                    target, other = changes[best]
                    groups[other], groups[subject] = groups[subject], target
                    sums, improved = self.sums(groups), True
        return groups

    def sums(self, groups: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return each group's share of each class, (G, C)."""
        return np.stack([self.spread[groups == group].sum(axis=0) for group in range(len(self.shares))])

    def cost(self, sums: NDArray[np.float64]) -> float:
        """Return the imbalance; if groups lack classes, a higher cost that rises with their number."""
        lacking = int((sums <= 0).sum())
        return _LACKING + lacking if self.every_class and lacking else float(self._squares(sums).mean())

    def _squares(
        self, sums: NDArray[np.float64], groups: "NDArray[np.int64] | slice" = slice(None)
    ) -> NDArray[np.float64]:
        shares = self.shares[groups][:, None]
        return ((sums - shares) / shares) ** 2

    def _changes(self, groups: NDArray[np.int64], subject: int) -> NDArray[np.int64]:
        """Return the possible changes of one subject, (N, 2): its new group, and the subject it swaps with.

        A move has no other subject, which is encoded as the subject itself.
        """
        own = groups[subject]
        moves = [(group, subject) for group in range(len(self.shares)) if group != own]
        others = self.rng.permutation(len(groups))[:_SWAPS]
        return np.array(moves + [(groups[other], other) for other in others if groups[other] != own])

    def _costs(
        self, changes: NDArray[np.int64], subject: int, groups: NDArray[np.int64], sums: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the cost after each change, (N,), from the sums of the two groups that it affects."""
        target, other = changes.T
        own = np.full(len(changes), groups[subject])
        back = np.where((other == subject)[:, None], 0.0, self.spread[other])
        moved = self.spread[subject] - back  # (N, C)
        left, reached = (_without_rounding(each) for each in (sums[own] - moved, sums[target] + moved))

        def after(values: NDArray[Any], *new: NDArray[Any]) -> NDArray[np.float64]:
            of_group = values.sum(axis=1)
            rest = of_group.sum() - of_group[own] - of_group[target]
            return np.asarray(rest + sum(each.sum(axis=1) for each in new), dtype=np.float64)

        squares = after(self._squares(sums), self._squares(left, own), self._squares(reached, target))
        lacking = after(sums <= 0, left <= 0, reached <= 0)
        costs = squares / sums.size
        return np.where(lacking > 0, _LACKING + lacking, costs) if self.every_class else costs


def _without_rounding(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set to zero the rounding error that remains of a class that a group no longer has."""
    return np.where(np.abs(sums) < 1e-12, 0.0, sums)
