"""Scores of groups of people, such as those of one age or sex, and tests of the differences between them.

The unit is the person: without a difference, each person could be in any of the groups, with all their
videos. Videos are not exchanged, because those of one person resemble each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
from scipy.stats import norm

from ferfusion.evaluation.metrics import METRICS, FloatArray, IntArray
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.uncertainty import Interval, subject_intervals

FEW_PEOPLE = 5
"""People below which a group is shown and no claim is made about it."""
PERMUTATIONS = 9999
_POWER = 0.8
_EQUAL = 1e-12

Metric = Callable[[IntArray], FloatArray]


@dataclass(frozen=True)
class GroupScores:
    """The scores of one group.

    Attributes:
        name: Its value in the column of people.
        people: Number of its people.
        rows: Number of their rows, such as videos.
        classes: Number of the classes that they have.
        values: Score by metric.
        intervals: Interval over its people, by metric; both ends are nan for a single person.
    """

    name: str
    people: int
    rows: int
    classes: int
    values: Mapping[str, float]
    intervals: Mapping[str, Interval]

    @property
    def is_small(self) -> bool:
        """Whether it has too few people for a claim."""
        return self.people < FEW_PEOPLE


@dataclass(frozen=True)
class OfVariants:
    """The difference of two groups in each of several variants, whose mean was tested.

    Attributes:
        values: The difference in each variant.
        p_every: The largest p-value of a variant, corrected by Holm: that of a difference in every variant.
            Nan unless the mean difference was found.
    """

    values: tuple[float, ...]
    p_every: float


@dataclass(frozen=True)
class GroupDifference:
    """The difference of the scores of two groups, first minus second.

    Attributes:
        first: Name of the first group.
        second: Name of the second group.
        value: The difference.
        p: Its p-value by permuting people.
        p_adjusted: The same for all tested pairs of groups together (Holm).
        detectable: The difference that such a test finds in 80 of 100 samples of as many people.
        of_variants: The same in each variant, where the difference is a mean over several.
    """

    first: str
    second: str
    value: float
    p: float
    p_adjusted: float
    detectable: float
    of_variants: OfVariants | None = None


def group_scores(
    confusions: IntArray,
    groups: np.ndarray,
    *,
    resamples: int,
    confidence: float,
    seed: int,
    metrics: Mapping[str, Metric] = METRICS,
    repeats: int = 1,
) -> tuple[GroupScores, ...]:
    """Return the scores of each group, in the order of their names.

    Args:
        confusions: A confusion matrix for each person, (S, C, C).
        groups: Group of each person (S,), as text; people without a group (empty) do not count.
        resamples: Draws of people for each interval.
        confidence: Share of the resampled scores inside an interval.
        seed: Seed of the draws.
        metrics: Functions from a stack of matrices to a stack of scores.
        repeats: Predictions of each row that are counted, such as one for each seed.
    """
    found = []
    for name in sorted(set(groups[groups != ""].tolist())):
        own = confusions[groups == name]
        together = own.sum(axis=0)
        values = {metric: float(score(together)) for metric, score in metrics.items()}
        intervals = subject_intervals(
            own, resamples=resamples, confidence=confidence, seed=seed, metrics=metrics
        )
        classes = int((together.sum(axis=1) > 0).sum())
        found.append(
            GroupScores(
                name,
                len(own),
                int(own.sum()) // repeats,
                classes,
                MappingProxyType(values),
                MappingProxyType(intervals),
            )
        )
    return tuple(found)


def group_differences(
    confusions: IntArray,
    groups: np.ndarray,
    metric: Metric,
    *,
    alpha: float = 0.05,
    permutations: int = PERMUTATIONS,
    seed: int,
) -> tuple[GroupDifference, ...]:
    """Test each pair of groups that have people enough, by permuting the people between the two.

    Args:
        confusions: A confusion matrix for each person, (S, C, C).
        groups: Group of each person (S,), as text; people without a group (empty) do not count.
        metric: From a stack of matrices to a stack of scores.
        alpha: Level of the test whose power ``detectable`` states.
        permutations: Number of permutations; the observed one is added to them.
        seed: Seed of the permutations.

    Source: Good, Permutation Tests (2000); the added permutation: Phipson & Smyth 2010, Stat. Appl. Genet.
    Mol. Biol. 9; ``detectable``: the normal approximation (z of the level + z of the power) times the
    standard deviation of the permuted differences.
    """
    names, counts = np.unique(groups[groups != ""], return_counts=True)
    large = [str(name) for name, count in zip(names, counts, strict=True) if count >= FEW_PEOPLE]
    rng = np.random.default_rng(seed)
    reach = float(norm.ppf(1 - alpha / 2) + norm.ppf(_POWER))
    tested = []
    for first, second in combinations(large, 2):
        own = confusions[(groups == first) | (groups == second)]
        in_first = (groups == first)[(groups == first) | (groups == second)]
        differences = _permuted(own, in_first, metric, permutations=permutations, rng=rng)
        p = float((np.abs(differences) >= abs(differences[0]) - _EQUAL).mean())
        tested.append((first, second, float(differences[0]), p, reach * float(differences[1:].std())))
    adjusted = holm([p for *_, p, _ in tested])
    return tuple(
        GroupDifference(first, second, value, p, float(together), detectable)
        for (first, second, value, p, detectable), together in zip(tested, adjusted, strict=True)
    )


def _permuted(
    confusions: IntArray, in_first: np.ndarray, metric: Metric, *, permutations: int, rng: np.random.Generator
) -> FloatArray:
    """Return the difference between two groups, (permutations + 1,); the first is the observed one."""
    members = np.concatenate([in_first[None], rng.permuted(np.tile(in_first, (permutations, 1)), axis=1)])
    flat = confusions.reshape(len(confusions), -1).astype(np.float64)
    first = np.rint(members.astype(np.float64) @ flat).astype(np.int64).reshape(-1, *confusions.shape[1:])
    differences: FloatArray = metric(first) - metric(confusions.sum(axis=0) - first)
    return differences
