import pytest

from ferfusion.evaluation.groupings import grouping, is_missing


@pytest.mark.parametrize(
    ("cells", "names", "of_person"),
    [
        ([], (), ()),
        (["", "NA", "Unknown"], (), (-1, -1, -1)),
        (["Male", "female", " FEMALE", "n/a"], ("female", "Male"), (1, 0, 0, -1)),
        (["10", "9", "9,5"], ("9", "9.5", "10"), (2, 0, 1)),
        (["1", "x", "1"], ("1", "x"), (0, 1, 0)),
        (["1e400", "1"], ("1", "1e400"), (1, 0)),
    ],
)
def test_grouping_has_a_group_of_each_value(cells, names, of_person):
    found = grouping(cells)
    assert (found.names, found.of_person, found.is_banded) == (names, of_person, False)
    assert found.is_mixed == bool({"x", "1e400"} & set(cells))


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "?",
        "-",
        "\u2013",
        "NULL",
        "None",
        "n.a.",
        "N/A",
        "k. A.",
        "Missing",
        "Not available",
        "\uff2e\uff21",
    ],
)
def test_grouping_of_a_word_for_a_missing_value_is_no_value(cell):
    assert is_missing(cell)
    assert grouping(["f", cell, "m"]).of_person == (0, -1, 1)
    ages = grouping([*map(str, range(20, 39)), cell])
    assert (ages.is_banded, len(ages.names), ages.of_person[-1]) == (True, 3, -1)


@pytest.mark.parametrize("cell", ["-9", "-999", "999", "prefer not to say", "no", "ka"])
def test_grouping_of_a_number_or_another_word_is_a_value(cell):
    assert not is_missing(cell)
    assert cell in grouping([cell, "f"]).names


def test_grouping_has_one_group_for_the_spellings_that_are_one_person_too():
    for one, other in (
        ("KADIN", "kad\u0131n"),
        ("Caf\u00e9", "cafe\u0301"),
        ("Mann", "\uff2d\uff21\uff2e\uff2e"),
    ):
        assert grouping([one, other]).names == (one,)
    assert len(grouping(["Turk", "T\u00fcrk"]).names) == 2


def test_grouping_cuts_many_numbers_into_bands_of_about_equal_numbers_of_people():
    ages = [20, 20, 20, 20, 21, 22, 23, 24, 25, 40, 50, 74]
    found = grouping([*map(str, ages), ""])
    assert found.names == ("20", "21 to 24", "25 to 74")
    assert [found.of_person.count(band) for band in (0, 1, 2, -1)] == [4, 4, 4, 1]
    assert (found.is_banded, found.is_fine) == (True, False)
    ties = grouping([*["1"] * 20, *map(str, range(2, 11))])  # a value is in one band
    assert ties.names == ("1", "2 to 10")


def test_grouping_of_many_words_is_fine():
    found = grouping([f"town {number}" for number in range(9)])
    assert (len(found.names), found.is_banded, found.is_fine) == (9, False, True)
