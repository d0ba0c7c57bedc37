"""Sentences about people claim no more than the tests show."""

import pytest

from ferfusion.evaluation.people_text import column_notes, group_lines, people_below, person_line
from helpers.people import compared

HALVES = list("fffffmmmmm")
NONE = "no difference in UAR was found between"
SAME = "People: no difference in accuracy between the"


@pytest.mark.parametrize(
    ("correct", "columns", "lines"),
    [
        ([4, 3] * 5, {}, []),
        (
            [4, 3, 4, 3, 4, 3, 4, 3, 4, 3],
            {"sex": HALVES},
            [f"sex: {NONE} f (5 people) and m (5), p = 1.000; one of less than "],
        ),
        (
            [4] * 5 + [1] * 5,
            {"sex": HALVES},
            ["sex: the UAR of f (5 people) is 75.0 points above that of "],
        ),
        (
            [1] * 5 + [4] * 5,
            {"sex": HALVES},
            ["sex: the UAR of m (5 people) is 75.0 points above that of "],
        ),
        (
            [4, 3] * 5,
            {"sex": list("ffffmmmmmm")},
            ["sex: no two groups have 5 people, so nothing"],
        ),
        ([4, 3] * 5, {"who": list("abcdefghij")}, ["who: no groups, because no two people of "]),
        ([4, 3] * 5, {"town": list("abcdefghii")}, ["town: 9 values are too many to be tested."]),
        (
            [4, 3] * 5,
            {"age": [*map(str, range(20, 28)), "thirty", "thirty"]},
            ["age: 9 values, some of them numbers and others words, are too many to be tested."],
        ),
        (
            [4, 3] * 5,
            {"age": [*map(str, range(20, 29)), "thirty"], "name": list("abcdefghij"), "note": [""] * 10},
            [
                "age: no groups, because no two people of the test part share a value; some values are",
                "name: no groups, because no two people of the test part share a value.",
                "note: no groups, because no person of the test part has a value.",
            ],
        ),
        (
            [4, 3] * 5,
            {"sex": ["f"] * 9 + ["?"]},
            ["sex: all 9 people with a value have f; nothing can be compared."],
        ),
        (
            [4, 3] * 10,
            {"site": list("xxxxxyyyyyzzzzz") + [""] * 5},
            [f"site: {NONE} any two of x (5), y (5) and z (5), smallest p = "],
        ),
        (
            [4, 3] * 5,
            {f"c{number}": HALVES for number in range(7)},
            [
                f"c{number}: {NONE} f (5 people) and m (5), p = 1.000 with Holm's "
                "correction for 7 comparisons; so few people could not have shown one."
                for number in range(7)
            ],
        ),
    ],
)
def test_group_lines_say_what_was_found_and_what_could_not_be_seen(correct, columns, lines):
    found = group_lines(compared(correct, columns))
    assert len(found) == len(lines)
    assert all(line.startswith(start) for line, start in zip(found, lines, strict=True))
    assert "fair" not in " ".join(found)


def test_group_lines_count_the_columns_that_are_left_out():
    columns = {f"c{number}": ["x"] * 10 for number in range(13)}
    assert group_lines(compared([4, 3] * 5, columns))[-1] == "1 further column of people not compared."


@pytest.mark.parametrize(
    ("correct", "videos", "start"),
    [
        ([3], 4, "A single person says nothing"),
        ([1, 0, 1], 1, "Each person has one video, which says nothing"),
        (
            [5, 6, 7, 6, 5, 7, 6, 6],
            10,
            f"{SAME} 8 people was found beyond the",
        ),
        (
            [4, 4, 4],
            4,
            f"{SAME} 3 people was found beyond the",
        ),
        (
            [20, 19, 20, 18, 20, 2],
            20,
            "People: the accuracy differs between the 6 people by",
        ),
    ],
)
def test_person_line_claims_a_difference_only_where_the_test_does(correct, videos, start):
    assert person_line(compared(correct, videos=videos)).startswith(start)


def test_person_line_says_which_spread_could_not_have_been_seen():
    line = person_line(compared([5, 6, 7, 6, 5, 7, 6, 6], videos=10))
    assert "a standard deviation of less than " in line
    assert line.endswith(" points could not have been seen reliably with so few people and videos.")
    assert person_line(compared([4, 4, 4])).endswith("so few people and videos could hardly show any.")


def test_people_below_are_those_of_people_who_differ():
    assert people_below(compared([5, 6, 7, 6, 5, 7, 6, 2], videos=10)) == []
    [person] = people_below(compared([20, 19, 20, 18, 20, 2], videos=20))
    assert (person.name, person.videos, person.share) == ("P05", 20, 0.1)
    assert 0.1 < person.drawn < person.high < 0.82


def test_column_notes_say_who_is_in_no_group_and_which_numbers_are_banded():
    [column] = compared([4, 3] * 6, {"age": [*map(str, range(20, 31)), ""]}).columns
    assert column_notes(column) == [
        "The numbers are cut into bands of about equal numbers of people.",
        "Without a value, and so in no group: 1 person.",
    ]
