import pytest

from ferfusion.errors import ConfigError
from ferfusion.splits.divisions import PROTOCOLS, Division, divisions_of

NAMES = ("a", "b", "c")


def divisions(protocol="", train_on=(), test_on=()):
    return divisions_of(NAMES, protocol=protocol, train_on=train_on, test_on=test_on)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_protocols_test_and_train_on_every_corpus(protocol):
    found = divisions(protocol)
    assert len(found) == len(NAMES)
    assert {name for each in found for name in each.trained_on} == set(NAMES)
    assert {name for each in found for name in each.tested_on} == set(NAMES)


def test_leave_one_corpus_out_never_tests_a_corpus_of_the_training():
    assert all(not set(each.trained_on) & set(each.tested_on) for each in divisions("leave-one-corpus-out"))


def test_divisions_of_named_corpora_have_the_order_of_the_corpora():
    [division] = divisions(train_on=("c", "a"), test_on=("b",))
    assert division == Division(("a", "c"), ("b",))
    assert division.name == "a and c"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"protocol": "each-to-al"}, "Unknown protocol 'each-to-al'.*Did you mean 'each-to-each'"),
        ({"train_on": ("a", "x"), "test_on": ("b",)}, "Unknown dataset 'x'; choose one of a, b, c"),
        ({"train_on": ("a",), "test_on": ("b",)}, "c is neither in train_on nor in test_on"),
    ],
)
def test_divisions_of_refuses(settings, words):
    with pytest.raises(ConfigError, match=words):
        divisions(**settings)
