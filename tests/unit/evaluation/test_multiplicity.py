from itertools import combinations

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from ferfusion.evaluation.multiplicity import group_letters, groups_without_difference, holm

NAMES = ["a", "b", "c", "d", "e", "f"]
ALL_PAIRS = list(combinations(NAMES, 2))


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_holm_is_that_of_statsmodels(count):
    values = np.random.default_rng(count).beta(0.3, 1, count).round(2)  # some are equal
    np.testing.assert_allclose(holm(values), multipletests(values, method="holm")[1], atol=1e-12)


def test_holm_of_no_p_value_is_empty():
    assert holm([]).tolist() == []


@given(st.sets(st.sampled_from(ALL_PAIRS)))
def test_groups_are_the_largest_sets_without_two_that_differ(different):
    without_difference = networkx.Graph()
    without_difference.add_nodes_from(NAMES)
    without_difference.add_edges_from(pair for pair in ALL_PAIRS if pair not in different)
    groups = groups_without_difference(NAMES, different)
    assert {frozenset(group) for group in groups} == {
        frozenset(clique) for clique in networkx.find_cliques(without_difference)
    }
    assert len(set(groups)) == len(groups)


@given(st.sets(st.sampled_from(ALL_PAIRS)))
def test_group_letters_are_shared_by_variants_that_do_not_differ(different):
    letters = group_letters(groups_without_difference(NAMES, different))
    for first, second in ALL_PAIRS:
        assert bool(set(letters[first]) & set(letters[second])) == ((first, second) not in different)


@pytest.mark.parametrize(
    ("different", "groups"),
    [
        ([], [("a", "b", "c")]),
        ([("c", "a")], [("a", "b"), ("b", "c")]),
        ([("a", "b"), ("a", "c"), ("b", "c")], [("a",), ("b",), ("c",)]),
    ],
)
def test_groups_keep_the_order_of_the_names(different, groups):
    assert groups_without_difference(["a", "b", "c"], different) == tuple(groups)


def test_group_letters_do_not_end_with_the_alphabet():
    letters = group_letters([(str(number),) for number in range(30)])
    assert letters["25"] == "z"
    assert letters["26"] == "a1"
    assert len(set(letters.values())) == 30
