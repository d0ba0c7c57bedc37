"""Groups of people over a table of videos with known answers."""

import math

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.people_groups import MOST_COLUMNS, compare_people, differences_table, groups_table
from helpers.people import QUICK, TWO, compared, videos_of


@pytest.mark.parametrize(
    ("columns", "groups", "tested", "passed_over"),
    [
        ({}, {}, 0, ()),
        ({"sex": list("ffffmmmmmm")}, {"sex": {"f": 4, "m": 6}}, 0, ()),
        ({"sex": list("fffffmmmmm")}, {"sex": {"f": 5, "m": 5}}, 1, ()),
        ({"sex": ["f"] * 10}, {"sex": {"f": 10}}, 0, ()),
        ({"name": list("abcdefghij")}, {}, 0, ("name",)),  # as good as the subject
        ({"who": [f"P{number:02d}" for number in range(10)]}, {}, 0, ("who",)),
        ({"note": [""] * 10}, {}, 0, ("note",)),
        ({"sex": ["f"] * 5 + ["", "NA", "m", "m", "m"]}, {"sex": {"f": 5, "m": 3}}, 0, ()),
        (
            {"age": [str(age) for age in range(20, 30)]},
            {"age": {"20 to 23": 4, "24 to 26": 3, "27 to 29": 3}},
            0,
            (),
        ),
        ({"site": list("abcdefghii")}, {"site": dict(zip("abcdefghi", [1] * 8 + [2], strict=True))}, 0, ()),
    ],
)
def test_compare_people_has_the_groups_of_each_column(columns, groups, tested, passed_over):
    found = compared([4, 3] * 5, columns)
    assert {
        column.name: {group.name: group.people for group in column.groups} for column in found.columns
    } == groups
    assert (found.comparisons, tuple(found.passed_over)) == (tested, passed_over)


def test_compare_people_finds_no_difference_between_equal_groups():
    found = compared([4, 3, 4, 3, 4, 3, 4, 3, 4, 3, 4, 3], {"sex": list("ffffffmmmmmm")})
    [column] = found.columns
    [difference] = column.differences
    assert [group.values["uar"] for group in column.groups] == pytest.approx([7 / 8, 7 / 8])
    assert (difference.value, difference.p) == (0.0, 1.0)
    assert 0 < difference.detectable < 0.3


def test_compare_people_corrects_over_the_pairs_of_all_columns():
    rng = np.random.default_rng(0)
    columns = {"a": list("xy" * 15), "b": list("xyz" * 10), "few": ["u"] * 4 + [""] * 26}
    found = compared(rng.integers(1, 5, 30).tolist(), columns)
    table = differences_table(found)
    assert table["column"].tolist() == ["a", "b", "b", "b"]
    assert table["p_adjusted"].tolist() == pytest.approx(holm(table["p"]).tolist())
    single = compared(rng.integers(1, 5, 30).tolist(), {"a": columns["a"]})
    assert (single.columns[0].without, found.columns[2].without) == (0, 26)
    assert groups_table(found).query("group == 'u'")["note"].unique().tolist() == [
        "fewer than 5 people: no claim"
    ]


def test_compare_people_claims_no_detectable_difference_that_a_permutation_cannot_show():
    """Of 5 and 5 people the least p is 2 / 252, which seven comparisons make larger than 0.05."""
    correct = [4, 3, 4, 2, 4, 3, 3, 4, 1, 4]
    few = {f"c{number}": list("fffffmmmmm") for number in range(6)}
    assert all(column.differences[0].detectable < 1 for column in compared(correct, few).columns)
    seven = compared(correct, few | {"c6": list("fffffmmmmm")})
    assert all(math.isnan(column.differences[0].detectable) for column in seven.columns)


def test_compare_people_refuses_a_person_with_two_rows_of_columns():
    subjects = pd.DataFrame({"subject": ["P00", "P01", "P01"], "sex": list("fmf")})
    with pytest.raises(DatasetError, match="'P01' has more than one row of columns"):
        compare_people(videos_of([1, 2]), subjects, labels=TWO, recipe=QUICK)


def test_compare_people_leaves_out_columns_beyond_the_most():
    found = compared([4, 3] * 5, {f"c{number}": ["x"] * 10 for number in range(MOST_COLUMNS + 2)})
    assert (len(found.columns), found.beyond) == (MOST_COLUMNS, 2)
