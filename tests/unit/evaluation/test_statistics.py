"""The statistics of whole studies, from prediction tables whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from ferfusion.errors import DatasetError
from ferfusion.evaluation.metrics import uar
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.significance import compare
from ferfusion.evaluation.statistics import study_statistics
from ferfusion.evaluation.statistics_tables import comparisons_table, variants_table
from ferfusion.label_set import SIX
from helpers.studies import simulate, tables

COLUMNS = list(SIX.probability_columns)
SKILLS = {"weak": 0.2, "strong": 2.5, "as strong": 2.5}


@pytest.fixture(scope="module")
def predictions():
    return tables(np.random.default_rng(0), skills=SKILLS)


@pytest.fixture(scope="module")
def study(predictions):
    return study_statistics(predictions, labels=SIX, baseline=4)


def scores_of(table):
    """Accuracy, mean recall and mean F1 of a table's rows, by scikit-learn."""
    truth, answers = table["code"], table[COLUMNS].to_numpy().argmax(1)
    return {
        "war": accuracy_score(truth, answers),
        "uar": balanced_accuracy_score(truth, answers),
        "macro_f1": f1_score(truth, answers, average="macro"),
    }


def uar_of(table):
    return balanced_accuracy_score(table["code"], table[COLUMNS].to_numpy().argmax(1))


def videos_of(table):
    return table.groupby(["video", "subject", "code"])[COLUMNS].mean().reset_index()


@pytest.mark.parametrize(("level", "rows_of"), [("video", videos_of), ("pair", lambda table: table)])
def test_study_statistics_scores_are_means_over_seeds_of_scikit_learns(predictions, study, level, rows_of):
    for variant in study.scores(level):
        expected = pd.DataFrame([scores_of(rows_of(table)) for table in predictions[variant.name]])
        for metric, estimate in variant.estimates.items():
            assert estimate.by_seed == pytest.approx(expected[metric].tolist())
            assert estimate.value == pytest.approx(expected[metric].mean())
            assert estimate.seed_deviation == pytest.approx(expected[metric].std())


def test_study_statistics_interval_is_a_loop_over_drawn_people(predictions):
    study = study_statistics(
        {"strong": predictions["strong"]}, labels=SIX, baseline=0, recipe=EvaluateRecipe(resamples=60)
    )
    people = [dict(list(videos_of(table).groupby("subject"))) for table in predictions["strong"]]
    names = sorted(people[0])
    draws = np.random.default_rng(0).multinomial(len(names), [1 / len(names)] * len(names), size=60)
    means = []
    for times in draws:
        drawn = np.repeat(names, times)
        means.append(np.mean([uar_of(pd.concat([each[name] for name in drawn])) for each in people]))
    interval = study.scores("video")[0].estimates["uar"].interval
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))))


def test_study_statistics_groups_equal_variants_and_part_the_worse_one(study):
    family = study.family("video", "uar")
    assert {frozenset(group) for group in family.groups} == {
        frozenset(("strong", "as strong")),
        frozenset(("weak",)),
    }
    assert family.groups[-1] == ("weak",)
    assert [variant.name for variant in study.scores("video")][-1] == "weak"
    assert study.can_find_a_difference
    assert study.has_several_seeds


def test_family_p_values_are_corrected_together(study):
    for family in study.families:
        adjusted = [pair.p_adjusted for pair in family.pairs]
        assert adjusted == pytest.approx(holm([pair.difference.p for pair in family.pairs]).tolist())
        assert [pair.differs for pair in family.pairs] == [p <= 0.05 for p in adjusted]
        assert all(pair.difference.value >= 0 for pair in family.pairs)


def test_family_mcnemar_is_of_the_mean_probabilities_of_the_seeds(predictions, study):
    right = {}
    for name, seeds in predictions.items():
        mean = sum(videos_of(table)[COLUMNS].to_numpy() for table in seeds)
        right[name] = mean.argmax(1) == videos_of(seeds[0])["code"].to_numpy()
    for pair in study.family("video", "uar").pairs:
        first, second = right[pair.first], right[pair.second]
        assert pair.mcnemar.first_only == (first & ~second).sum()
        assert pair.mcnemar.second_only == (second & ~first).sum()


def test_study_statistics_do_not_depend_on_the_order_of_rows(predictions, study):
    shuffled = {
        name: [table.sample(frac=1, random_state=seed) for seed, table in enumerate(seeds)]
        for name, seeds in predictions.items()
    }
    again = study_statistics(shuffled, labels=SIX, baseline=4)
    pd.testing.assert_frame_equal(comparisons_table(again), comparisons_table(study))


def test_study_statistics_baseline_may_be_another_class_in_another_fold(predictions):
    codes = {f"P{number:02d}": 4 if number < 6 else 0 for number in range(12)}
    study = study_statistics(predictions, labels=SIX, baseline=codes)
    estimates = study.scores("video")[0].estimates
    assert estimates["war"].majority == pytest.approx(1 / 6)
    assert estimates["uar"].majority == pytest.approx((0.5 + 0.5) / 6)


def test_study_statistics_baseline_is_no_lower_than_any_constant_answer(predictions):
    """Each person shows one class, which the baseline of the fold never answers."""
    codes = {f"P{number:02d}": (number + 1) % 6 for number in range(6)}
    tables = {
        name: [table.assign(subject=table["code"].map(lambda code: f"P{code:02d}")) for table in seeds]
        for name, seeds in predictions.items()
    }
    estimates = study_statistics(tables, labels=SIX, baseline=codes).scores("video")[0].estimates
    assert [estimates[name].majority for name in ("war", "uar")] == [0, 0]
    assert [estimates[name].baseline for name in ("war", "uar")] == pytest.approx([1 / 6, 1 / 6])


def test_study_statistics_read_the_test_part_only(predictions, study):
    with_others = {
        name: [pd.concat([table, table.assign(part="validation", subject="X", video="x")]) for table in seeds]
        for name, seeds in predictions.items()
    }
    again = study_statistics(with_others, labels=SIX, baseline=4)
    pd.testing.assert_frame_equal(variants_table(again), variants_table(study))


def test_study_statistics_of_one_seed_have_no_p_value_over_trainings(predictions):
    study = study_statistics({name: seeds[:1] for name, seeds in predictions.items()}, labels=SIX, baseline=0)
    assert not study.has_several_seeds
    assert comparisons_table(study)["p_trainings"].isna().all()
    assert np.isnan(study.scores("video")[0].estimates["uar"].seed_deviation)


def test_study_statistics_of_few_people_cannot_find_a_difference():
    few = tables(np.random.default_rng(1), skills=SKILLS, subjects=4)
    study = study_statistics(few, labels=SIX, baseline=0)
    assert not study.can_find_a_difference
    assert len(study.family("video", "uar").groups) == 1


def test_holm_keeps_the_false_alarms_of_a_family_rare():
    """Six comparisons of four variants, 150 studies: uncorrected, one study in four or so would claim one."""
    rng = np.random.default_rng(3)
    raw, corrected = [], []
    for _ in range(150):
        variants = simulate(rng, gains=(0.0,) * 4, taste=0.15, luck=0.02, subjects=20, videos=9)
        p_values = [
            compare(variants[i], variants[j], uar, confidence=0.95, seed=0, flips=399).p
            for i in range(4)
            for j in range(i)
        ]
        raw.append(min(p_values) <= 0.05)
        corrected.append(holm(p_values).min() <= 0.05)
    assert np.mean(raw) > 0.1
    assert np.mean(corrected) <= 0.08


@pytest.mark.parametrize("predictions", [{}, {"weak": []}])
def test_study_statistics_refuse_a_study_without_a_table(predictions):
    with pytest.raises(DatasetError, match="of at least one variant, and of at least one seed of each"):
        study_statistics(predictions, labels=SIX, baseline=0)
