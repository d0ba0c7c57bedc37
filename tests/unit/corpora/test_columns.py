from pathlib import Path

import pytest

from ferfusion.corpora.columns import COLUMN_WORDS, find_columns, parse_columns, parse_pairs
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.label_set import EMOTION_WORDS, word_key

CORPORA_PAGE = Path(__file__).parents[3] / "docs" / "corpora.md"


@pytest.mark.parametrize("field", COLUMN_WORDS)
def test_find_columns_finds_each_field_by_each_of_its_words(field: str) -> None:
    for word in COLUMN_WORDS[field].split():
        for written in (word, word.upper(), f" {word}_", word.capitalize()):
            assert find_columns(["x", written], [["", ""]]).place_of == {field: 1}


def test_find_columns_prefers_the_exact_name_and_refuses_two_others() -> None:
    assert find_columns(["Emotion", "label"], []).place_of == {"label": 1}
    with pytest.raises(
        CorpusError, match="Emotion and Ausdruck can be the label; name one with --columns label="
    ):
        find_columns(["Emotion", "Ausdruck"], [])
    assert find_columns(["Emotion", "Ausdruck"], [], given={"label": "ausdruck"}).place_of == {"label": 1}
    assert find_columns(["Emotion"], [], given={"label": ""}).place_of == {}


def test_find_columns_names_the_nearest_column_of_one_that_is_not_there() -> None:
    with pytest.raises(
        CorpusError, match="no column Persom for the subject; found: Datei, Person; did you mean P"
    ):
        find_columns(["Datei", "Person"], [], given={"subject": "Persom"})


def test_find_columns_gives_every_column_a_name_of_its_own() -> None:
    columns = find_columns(["Datei", "", "notes", "Notes"], [])
    assert columns.further == {"column_2": 1, "notes": 2, "Notes_2": 3}


@pytest.mark.parametrize("text", ["path", "=a", "path=a,path=b"])
def test_parse_pairs_refuses_text_of_another_form(text: str) -> None:
    with pytest.raises(ConfigError, match=r"columns (must be like a=b,c=d|has 'path' more than once)"):
        parse_pairs(text, what="columns")


def test_parse_columns_refuses_an_unknown_field() -> None:
    assert parse_columns({"end": "bis"}) == {"end_seconds": "bis"}
    with pytest.raises(
        ConfigError, match="columns has 'person': 'Name'; the names are of path, label, subject"
    ):
        parse_columns("person=Name")


def test_words_of_columns_and_labels_stand_for_one_thing_and_are_documented() -> None:
    page = CORPORA_PAGE.read_text(encoding="utf-8")
    for table in (COLUMN_WORDS, EMOTION_WORDS):
        pairs = [(word_key(word), name) for name, words in table.items() for word in words.split()]
        assert len(dict(pairs)) == len(set(pairs))
        for name, words in table.items():
            assert f"| {name.removesuffix('_seconds')} | {words}" in page
