"""Compare people and groups of people: whether a model is worse for some, as far as so few can show it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb

import numpy as np
import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.evaluation.groupings import Grouping, grouping
from ferfusion.evaluation.groups import (
    FEW_PEOPLE,
    PERMUTATIONS,
    GroupDifference,
    GroupScores,
    Metric,
    OfVariants,
    group_differences,
    group_scores,
)
from ferfusion.evaluation.metrics import METRICS, IntArray, confusion_by_group, uar
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.person_spread import PersonSpread, detectable_deviation, person_spread
from ferfusion.evaluation.predictions import predicted_codes
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.label_set import LabelSet

MOST_COLUMNS = 12
"""Columns that are compared; a table may have any number."""
GROUP_COLUMNS = (
    "part", "level", "column", "group", "people", "videos", "classes",
    "metric", "value", "low", "high", "note",
)  # fmt: skip
DIFFERENCE_COLUMNS = (
    "part", "level", "metric", "column", "first", "second", "difference", "p", "p_adjusted", "detectable",
)  # fmt: skip


@dataclass(frozen=True)
class ColumnGroups:
    """The groups of one column of people.

    Attributes:
        name: Name of the column.
        groups: Scores of each group, in the order of its values.
        differences: The tested differences in UAR between two groups, first minus second; ``detectable`` is
            nan where so few people could show no difference at all.
        without: Number of people without a value.
        is_banded: Whether the groups are bands of numbers.
        is_fine: Whether it has too many values to be tested.
        is_mixed: Whether some values are numbers and others are words.
    """

    name: str
    groups: tuple[GroupScores, ...]
    differences: tuple[GroupDifference, ...]
    without: int
    is_banded: bool
    is_fine: bool
    is_mixed: bool


@dataclass(frozen=True)
class GroupsComparison:
    """The groups of the people of a part.

    Attributes:
        part: The part.
        columns: The groups of each column of people.
        passed_over: By name, columns that make no groups: no two people share a value, or nobody has one.
        beyond: Number of columns beyond the first ``MOST_COLUMNS``, which are not compared.
        alpha: Level of the tests.
    """

    part: str
    columns: tuple[ColumnGroups, ...]
    passed_over: Mapping[str, Grouping]
    beyond: int
    alpha: float

    @property
    def comparisons(self) -> int:
        """Number of the tested pairs of groups, for all of which together Holm's correction is made."""
        return sum(len(column.differences) for column in self.columns)


@dataclass(frozen=True)
class PeopleComparison(GroupsComparison):
    """The people of a part, and the groups of them.

    Attributes:
        subjects: The people, sorted.
        correct: Number of each person's videos that are predicted correctly.
        videos: Number of each person's videos.
        spread: How the accuracies of people differ.
        detectable: Standard deviation of people's accuracies that Tarone's test finds in 80 of 100 samples;
            nan if it can find none.
    """

    subjects: tuple[str, ...]
    correct: IntArray
    videos: IntArray
    spread: PersonSpread
    detectable: float


def compare_people(
    videos: pd.DataFrame, subjects: pd.DataFrame | None, *, labels: LabelSet, recipe: EvaluateRecipe
) -> PeopleComparison:
    """Return the scores of people and of groups of people, with the tests of their differences.

    Args:
        videos: A row per video of one part, with ``part``, ``subject``, ``code`` and a probability per class.
        subjects: The columns of people, a row per person.
        labels: The classes.
        recipe: Settings of the intervals; the tests have its level.

    Raises:
        DatasetError: a person has two rows of columns.

    Source: see ``groups`` and ``person_spread``.
    """
    people = videos["subject"].to_numpy(dtype=str)
    names = np.unique(people)
    confusions = confusion_by_group(
        videos["code"].to_numpy(), predicted_codes(videos, labels=labels), people, num_classes=len(labels)
    )
    correct = np.trace(confusions, axis1=1, axis2=2)
    counts = confusions.sum(axis=(1, 2))
    groups = compare_groups(
        confusions, names.tolist(), subjects, part=str(videos["part"].iloc[0]), recipe=recipe
    )
    return PeopleComparison(
        **vars(groups),
        subjects=tuple(names.tolist()),
        correct=correct,
        videos=counts,
        spread=person_spread(correct, counts, confidence=recipe.confidence),
        detectable=detectable_deviation(correct, counts, alpha=groups.alpha, seed=recipe.seed),
    )


def compare_groups(
    confusions: IntArray,
    names: Sequence[str],
    subjects: pd.DataFrame | None,
    *,
    part: str,
    recipe: EvaluateRecipe,
    metrics: Mapping[str, Metric] = METRICS,
    repeats: int = 1,
    variants: Sequence[IntArray] = (),
    tested: bool = True,
) -> GroupsComparison:
    """Return the scores of groups of people, with the tests of their differences.

    Args:
        confusions: A confusion matrix for each person, (S, C, C).
        names: The people (S,).
        subjects: The columns of people, a row per person.
        part: The part that the people are of.
        recipe: Settings of the intervals; the tests have its level.
        metrics: Metrics of the groups; differences are tested in UAR.
        repeats: Predictions of each video that the matrices count.
        variants: The matrices of each of several variants, whose sum ``confusions`` is.
        tested: Whether differences are tested.

    Raises:
        DatasetError: a person has two rows of columns.
    """
    alpha = round(1 - recipe.confidence, 9)
    found = _groupings(subjects, names)
    shared = {name: each for name, each in found.items() if 0 < len(each.names) < _valued(each)}
    shown = dict(list(shared.items())[:MOST_COLUMNS])
    pairs = sum(comb(_large(each), 2) for each in shown.values() if not each.is_fine)
    columns = []
    for name, groups in shown.items():
        codes = _codes(groups)
        scores = group_scores(
            confusions,
            codes,
            resamples=recipe.resamples,
            confidence=recipe.confidence,
            seed=recipe.seed,
            metrics=metrics,
            repeats=repeats,
        )
        differences: tuple[GroupDifference, ...] = ()
        if tested and pairs and not groups.is_fine:
            people = {score.name: score.people for score in scores}
            differences = tuple(
                replace(
                    one, detectable=_seen(one, people[one.first], people[one.second], alpha=alpha / pairs)
                )
                for one in group_differences(confusions, codes, uar, alpha=alpha / pairs, seed=recipe.seed)
            )
        without = len(codes) - _valued(groups)
        kind = (groups.is_banded, groups.is_fine, groups.is_mixed)
        columns.append(ColumnGroups(name, scores, differences, without, *kind))
    corrected = _corrected(columns)
    if len(variants) > 1:
        of_person = {name: _codes(groups) for name, groups in shown.items()}
        corrected = _in_variants(corrected, variants, of_person, alpha=alpha, seed=recipe.seed)
    return GroupsComparison(
        part=part,
        columns=tuple(_named(column, shown[column.name]) for column in corrected),
        passed_over={name: each for name, each in found.items() if name not in shared},
        beyond=len(shared) - len(shown),
        alpha=alpha,
    )


def groups_table(comparison: GroupsComparison) -> pd.DataFrame:
    """Return a row per column, group and metric, of ``GROUP_COLUMNS``; small groups have a note."""
    rows = [
        {
            "part": comparison.part,
            "level": "video",
            "column": column.name,
            "group": group.name,
            "people": group.people,
            "videos": group.rows,
            "classes": group.classes,
            "metric": metric,
            "value": group.values[metric],
            "low": group.intervals[metric].low,
            "high": group.intervals[metric].high,
            "note": f"fewer than {FEW_PEOPLE} people: no claim" if group.is_small else "",
        }
        for column in comparison.columns
        for group in column.groups
        for metric in group.values
    ]
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def differences_table(comparison: GroupsComparison) -> pd.DataFrame:
    """Return a row per tested pair of groups, of ``DIFFERENCE_COLUMNS``."""
    rows = [
        {
            "part": comparison.part,
            "level": "video",
            "metric": "uar",
            "column": column.name,
            "first": each.first,
            "second": each.second,
            "difference": each.value,
            "p": each.p,
            "p_adjusted": each.p_adjusted,
            "detectable": each.detectable,
        }
        for column in comparison.columns
        for each in column.differences
    ]
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def _groupings(subjects: pd.DataFrame | None, names: Sequence[str]) -> dict[str, Grouping]:
    """Return the groups of every column, over the people of ``names``."""
    if subjects is None:
        return {}
    twice = subjects.loc[subjects["subject"].duplicated(), "subject"]
    if len(twice):
        raise DatasetError(f"The person {twice.iloc[0]!r} has more than one row of columns; keep one of them")
    rows = subjects.set_index("subject").reindex(list(names)).fillna("")
    return {" ".join(str(name).split()): grouping(rows[name].astype(str).tolist()) for name in rows}


def _valued(groups: Grouping) -> int:
    return sum(place >= 0 for place in groups.of_person)


def _codes(groups: Grouping) -> np.ndarray:
    """Return the group of each person (S,) as text that sorts as the groups do; empty without a value."""
    return np.array([f"{place:06d}" if place >= 0 else "" for place in groups.of_person])


def _named(column: ColumnGroups, groups: Grouping) -> ColumnGroups:
    """Return a column with the names of the groups in place of their codes."""

    def name(code: str) -> str:
        return groups.names[int(code)]

    return replace(
        column,
        groups=tuple(replace(group, name=name(group.name)) for group in column.groups),
        differences=tuple(
            replace(one, first=name(one.first), second=name(one.second)) for one in column.differences
        ),
    )


def _corrected(columns: Sequence[ColumnGroups]) -> list[ColumnGroups]:
    """Return columns with Holm's correction over the differences of all of them."""
    adjusted = iter(holm([one.p for column in columns for one in column.differences]).tolist())
    return [
        replace(
            column, differences=tuple(replace(one, p_adjusted=next(adjusted)) for one in column.differences)
        )
        for column in columns
    ]


def _in_variants(
    columns: Sequence[ColumnGroups],
    variants: Sequence[IntArray],
    of_person: Mapping[str, np.ndarray],
    *,
    alpha: float,
    seed: int,
) -> list[ColumnGroups]:
    """Return columns whose differences have those of each variant.

    A difference holds in every variant if the largest p-value does (an intersection-union test: Berger 1982,
    Technometrics 24). Holm's correction is over all differences; those whose mean is not found have a p of 1.
    """
    values, largest = [], []
    for column in columns:
        for one in column.differences:
            codes = of_person[column.name]
            both = [codes == name for name in (one.first, one.second)]
            first, second = ([uar(each[own].sum(axis=0)) for each in variants] for own in both)
            values.append(tuple(float(upper - lower) for upper, lower in zip(first, second, strict=True)))
            found = one.p_adjusted < alpha
            pair = np.where(both[0] | both[1], codes, "")
            p = [group_differences(each, pair, uar, seed=seed)[0].p for each in variants if found]
            largest.append(max(p, default=1.0))
    each = iter(zip(values, holm(largest).tolist(), strict=True))
    return [
        replace(
            column,
            differences=tuple(
                replace(one, of_variants=OfVariants(own, p if one.p_adjusted < alpha else math.nan))
                for one, (own, p) in zip(column.differences, each, strict=False)
            ),
        )
        for column in columns
    ]


def _large(groups: Grouping) -> int:
    return sum(groups.of_person.count(place) >= FEW_PEOPLE for place in range(len(groups.names)))


def _seen(difference: GroupDifference, first: int, second: int, *, alpha: float) -> float:
    """Return the detectable difference; nan if the least p-value of so few people is not below ``alpha``."""
    least_p = max((1 + (first == second)) / comb(first + second, first), 1 / (PERMUTATIONS + 1))
    return difference.detectable if least_p < alpha and difference.detectable < 1 else math.nan
