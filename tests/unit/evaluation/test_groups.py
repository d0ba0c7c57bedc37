import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from ferfusion.evaluation.groups import FEW_PEOPLE, group_differences, group_scores
from ferfusion.evaluation.metrics import uar, war

CLASSES = 3


def people(rng, number, *, recall, videos=8, spread=0.1):
    """Confusion matrices of people whose recalls vary, with unequal numbers of videos of unequal classes."""
    confusions = np.zeros((number, CLASSES, CLASSES), np.int64)
    for person in confusions:
        own = np.clip(recall + rng.normal(0, spread), 0.02, 0.98)
        for true in range(CLASSES):
            count = rng.integers(1, videos + 2 * true)
            right = rng.binomial(count, own)
            person[true, true] = right
            person[true, (true + 1) % CLASSES] = count - right
    return confusions


def test_group_scores_are_those_of_its_people():
    rng = np.random.default_rng(0)
    confusions = people(rng, 9, recall=0.6)
    groups = np.array(["b", "a", "b", "", "a", "b", "b", "c", "a"])
    found = group_scores(confusions, groups, resamples=200, confidence=0.95, seed=0)
    assert [(each.name, each.people, each.is_small) for each in found] == [
        ("a", 3, True),
        ("b", 4, True),
        ("c", 1, True),
    ]
    own = confusions[groups == "b"].sum(axis=0)
    assert found[1].values["war"] == pytest.approx(np.trace(own) / own.sum())
    assert found[1].values["uar"] == pytest.approx(np.mean(np.diag(own) / own.sum(axis=1)))
    assert found[1].rows == own.sum()
    assert found[1].intervals["uar"].low < found[1].values["uar"] < found[1].intervals["uar"].high
    assert np.isnan(found[2].intervals["war"].low)


def test_group_differences_have_the_p_value_of_scipy():
    rng = np.random.default_rng(1)
    confusions = np.concatenate([people(rng, 12, recall=0.7), people(rng, 9, recall=0.55)])
    groups = np.repeat(["old", "young"], [12, 9])
    [found] = group_differences(confusions, groups, war, seed=0)

    def difference(first, second):
        parts = (confusions[each.astype(int)].sum(axis=0) for each in (first, second))
        one, other = (np.trace(each) / each.sum() for each in parts)
        return one - other

    indices = np.arange(21)
    expected = permutation_test(
        (indices[:12], indices[12:]), difference, n_resamples=4000, rng=np.random.default_rng(2)
    )
    assert found.value == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, abs=0.03)
    assert found.p_adjusted == found.p


def test_group_differences_make_no_claim_about_small_groups_and_correct_for_all_pairs():
    rng = np.random.default_rng(2)
    groups = np.repeat(["a", "b", "c", "d"], [6, FEW_PEOPLE - 1, 7, 8])
    found = group_differences(people(rng, len(groups), recall=0.6), groups, uar, permutations=200, seed=0)
    assert [(each.first, each.second) for each in found] == [("a", "c"), ("a", "d"), ("c", "d")]
    smallest = min(found, key=lambda each: each.p)
    assert smallest.p_adjusted == pytest.approx(min(1, 3 * smallest.p))
    assert group_differences(people(rng, 4, recall=0.6), groups[:4], uar, seed=0) == ()


def test_group_differences_keep_their_error_rate_with_few_people_and_unequal_classes():
    """400 corpora without a difference: at most 5 % of them may have one, within the chance of the draw."""
    rng = np.random.default_rng(3)
    errors, corpora = 0, 400
    for _ in range(corpora):
        groups = np.repeat(["a", "b"], [5, 9])
        confusions = people(rng, 14, recall=0.6, spread=0.2)
        [found] = group_differences(confusions, groups, uar, permutations=199, seed=int(rng.integers(2**31)))
        errors += found.p <= 0.05
    assert binomtest(errors, corpora, 0.05).proportion_ci(0.999).low <= 0.05


def test_group_differences_find_a_detectable_difference_in_80_of_100_corpora():
    """Corpora whose groups differ by what the test says that it can find."""
    rng = np.random.default_rng(4)
    groups = np.repeat(["a", "b"], [15, 15])
    probes = [
        group_differences(people(rng, 30, recall=0.6), groups, war, permutations=199, seed=k)[0].detectable
        for k in range(40)
    ]
    better = 0.6 + float(np.mean(probes))
    found = []
    for _ in range(150):
        confusions = np.concatenate([people(rng, 15, recall=better), people(rng, 15, recall=0.6)])
        [each] = group_differences(confusions, groups, war, permutations=199, seed=int(rng.integers(2**31)))
        found.append(each.p <= 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.1)
