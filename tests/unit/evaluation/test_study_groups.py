"""Groups of people by several variants and seeds, whose answers are known."""

from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from ferfusion.evaluation.aligned import Answers
from ferfusion.evaluation.groups import group_differences
from ferfusion.evaluation.metrics import uar, war
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.people_text import group_lines
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.study_groups import study_differences_table, study_groups, study_groups_table

QUICK = EvaluateRecipe(resamples=50)
PEOPLE, CLASSES = 12, 3
SEX = np.array(list("fffffmmmmmmm"))
SUBJECTS = pd.DataFrame(
    {"subject": [f"P{one:02d}" for one in range(PEOPLE)], "sex": SEX, "site": list("xy" * 6)}
)


def drawn_answers(rng, lifts, *, seeds=(2, 2)):
    """Answers of a variant for each lift: how much more often it is right on the women."""
    support = rng.integers(2, 7, (PEOPLE, CLASSES))
    confusions = {}
    for number, (lift, repeats) in enumerate(zip(lifts, seeds, strict=True)):
        chance = 0.45 + lift * (SEX == "f")[:, None] * np.ones(CLASSES)
        stack = np.zeros((repeats, PEOPLE, CLASSES, CLASSES), np.int64)
        for matrices in stack:
            right = rng.binomial(support, chance)
            for code in range(CLASSES):
                matrices[:, code, code] = right[:, code]
                matrices[:, code, (code + 1) % CLASSES] = (support - right)[:, code]
        confusions[f"v{number}"] = stack
    return Answers(
        rows=pd.DataFrame(columns=["video", "subject", "code"]),
        subjects=tuple(SUBJECTS["subject"]),
        truth=support[:, :, None] * np.eye(CLASSES, dtype=np.int64),
        confusions=MappingProxyType(confusions),
        predicted={},
        joint={},
    )


def test_study_groups_are_means_over_seeds_and_variants_of_different_numbers_of_seeds():
    answers = drawn_answers(np.random.default_rng(0), (0.4, 0.0), seeds=(3, 2))
    found = study_groups(answers, SUBJECTS, part="test", recipe=QUICK)
    table = study_groups_table(found).set_index(["variant", "column", "group", "metric"])
    own = {
        (name, group, metric): score(seeds[:, group == SEX].sum(axis=1)).mean()
        for name, seeds in answers.confusions.items()
        for group in "fm"
        for metric, score in (("uar", uar), ("war", war))
    }
    for (name, group, metric), value in own.items():
        assert table.loc[(name, "sex", group, metric), "value"] == pytest.approx(value)
    assert table.loc[("v1", "sex", "f", "uar"), "videos"] == answers.truth[SEX == "f"].sum()
    [difference] = found.together.columns[0].differences
    each = [own[name, "f", "uar"] - own[name, "m", "uar"] for name in answers.confusions]
    assert difference.value == pytest.approx(np.mean(each))
    assert difference.of_variants.values == pytest.approx(each)
    assert found.together.columns[0].groups[0].rows == answers.truth[SEX == "f"].sum()


@pytest.mark.parametrize(("lifts", "holds"), [((0.5, 0.5), True), ((0.54, 0.0), False)])
def test_study_groups_say_whether_a_found_difference_holds_in_every_variant(lifts, holds):
    answers = drawn_answers(np.random.default_rng(1), lifts)
    found = study_groups(answers, SUBJECTS, part="test", recipe=QUICK)
    rows = study_differences_table(found).set_index("column").to_dict("index")
    sex, site = rows["sex"], rows["site"]
    assert sex["p_adjusted"] < 0.05 < site["p_adjusted"]
    largest = max(
        group_differences(seeds.sum(axis=0), SEX, uar, seed=QUICK.seed)[0].p
        for seeds in answers.confusions.values()
    )
    assert sex["p_every"] == pytest.approx(holm([largest, 1])[0])
    assert (sex["p_every"] < 0.05) == holds
    assert np.isnan(site["p_every"])
    assert sex["lowest"] < sex["difference"] < sex["highest"]


def test_group_lines_of_a_study_say_what_the_mean_over_variants_may_hide():
    """Two variants differ in opposite directions, and their mean does not; then a difference of the mean."""
    opposite = study_groups(
        drawn_answers(np.random.default_rng(3), (0.5, -0.4)), SUBJECTS, part="test", recipe=QUICK
    )
    [sex] = [column for column in opposite.together.columns if column.name == "sex"]
    low, high = sorted(sex.differences[0].of_variants.values)
    assert low < -0.2
    assert high > 0.2
    line = group_lines(opposite.together, noun="model")[0]
    assert (
        "no difference in UAR was found between f (5 people) and m (7) on the mean over 2 models, p " in line
    )
    assert line.endswith(
        f" Single models, not tested by themselves, differ by \N{MINUS SIGN}{-100 * low:.1f} to "
        f"+{100 * high:.1f} points (f minus m)."
    )
    both = study_groups(
        drawn_answers(np.random.default_rng(1), (0.5, 0.5)), SUBJECTS, part="test", recipe=QUICK
    )
    assert "above that of m (7) on the mean over 2 variants, p " in group_lines(both.together)[0]
    one = study_groups(
        drawn_answers(np.random.default_rng(3), (0.0,), seeds=(2,)), SUBJECTS, part="test", recipe=QUICK
    )
    assert "on the mean" not in " ".join(group_lines(one.together))
    assert "Single" not in " ".join(group_lines(one.together))


def test_study_groups_of_one_variant_are_those_of_its_mean():
    answers = drawn_answers(np.random.default_rng(2), (0.5,), seeds=(2,))
    table = study_differences_table(study_groups(answers, SUBJECTS, part="test", recipe=QUICK))
    assert table["lowest"].tolist() == table["difference"].tolist() == table["highest"].tolist()
    assert table["p_every"].iloc[0] == table["p_adjusted"].iloc[0] < 0.05
