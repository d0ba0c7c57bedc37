"""Groups of people in a study: each variant's scores of them, and tests of the mean over all variants.

All variants predict the same videos, so that UAR and WAR of the sum of their matrices are the means of their
scores.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from ferfusion.evaluation.aligned import Answers
from ferfusion.evaluation.metrics import METRICS
from ferfusion.evaluation.people_groups import (
    DIFFERENCE_COLUMNS,
    GroupsComparison,
    compare_groups,
    differences_table,
    groups_table,
)
from ferfusion.evaluation.recipe import EvaluateRecipe

MEANS = MappingProxyType({name: METRICS[name] for name in ("war", "uar")})
"""Metrics whose mean over seeds and variants is that of the sum of their matrices."""
STUDY_DIFFERENCE_COLUMNS = (
    *(name for name in DIFFERENCE_COLUMNS if name != "part"), "lowest", "highest", "p_every",
)  # fmt: skip


@dataclass(frozen=True)
class StudyGroups:
    """The groups of the tested people of a study.

    Attributes:
        together: Means over all variants and seeds, with the tests of their differences.
        of_variants: By variant, means over its seeds.
    """

    together: GroupsComparison
    of_variants: Mapping[str, GroupsComparison]


def study_groups(
    answers: Answers, subjects: pd.DataFrame, *, part: str, recipe: EvaluateRecipe
) -> StudyGroups:
    """Return the scores of groups of people by each variant, and the tests of their mean over all variants.

    Holm's correction is over all pairs of groups of all columns. Several variants do not make it stricter,
    because only their mean is tested; whether a difference that is found holds for each variant is the
    largest of their p-values.

    Args:
        answers: The predictions of every variant, per video.
        subjects: The columns of people, a row per person.
        part: The part that the people are of.
        recipe: Settings of the intervals; the tests have its level.
    """
    sums = {name: seeds.sum(axis=0) for name, seeds in answers.confusions.items()}
    repeats = {name: len(seeds) for name, seeds in answers.confusions.items()}
    # each variant counts the same, whatever its number of seeds
    factor = int(np.lcm.reduce(list(repeats.values())))
    variants = [each * (factor // repeats[name]) for name, each in sums.items()]

    return StudyGroups(
        compare_groups(
            np.sum(variants, axis=0),
            answers.subjects,
            subjects,
            part=part,
            recipe=recipe,
            metrics=MEANS,
            repeats=factor * len(variants),
            variants=variants,
        ),
        MappingProxyType(
            {
                name: compare_groups(
                    each,
                    answers.subjects,
                    subjects,
                    part=part,
                    recipe=recipe,
                    metrics=MEANS,
                    repeats=repeats[name],
                    tested=False,
                )
                for name, each in sums.items()
            }
        ),
    )


def study_groups_table(groups: StudyGroups) -> pd.DataFrame:
    """Return the rows of ``groups_table`` for each variant, without the part."""
    tables = []
    for name, comparison in groups.of_variants.items():
        table = groups_table(comparison).drop(columns="part")
        table.insert(0, "variant", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def study_differences_table(groups: StudyGroups) -> pd.DataFrame:
    """Return the rows of ``differences_table``, with the least and largest difference of a variant."""
    table = differences_table(groups.together).drop(columns="part")
    tested = [one for column in groups.together.columns for one in column.differences]
    values = [one.of_variants.values if one.of_variants else (one.value,) for one in tested]
    return table.assign(
        lowest=list(map(min, values)),
        highest=list(map(max, values)),
        p_every=[
            one.of_variants.p_every
            if one.of_variants
            else one.p_adjusted
            if one.p_adjusted < groups.together.alpha
            else math.nan
            for one in tested
        ],
    )[list(STUDY_DIFFERENCE_COLUMNS)]
