import pytest

from ferfusion.reporting.words import bytes_text, counted, examples, listed, plural


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(0, "person", "0 people"), (1, "person", "1 person"), (2, "person", "2 people"), (1, "seed", "1 seed")],
)
def test_counted_is_singular_for_one_only(number, noun, text):
    assert counted(number, noun) == text


def test_plural_of_each_irregular_noun():
    assert [plural(noun) for noun in ("person", "class", "video")] == ["people", "classes", "videos"]


def test_listed_of_nothing_is_nothing():
    assert listed([]) == ""


def test_examples_has_no_sign_where_all_are_named():
    assert examples(["a", "b", "c"]) == "a, b, c"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9_949, "9.9 KB"),
        (9_950, "10 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (3e15, "3000 TB"),
    ],
)
def test_bytes_text_has_two_digits_at_least(number, text):
    assert bytes_text(number) == text
