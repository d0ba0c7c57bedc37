import re

import pytest

from ferfusion.errors import ConfigError
from ferfusion.label_set import (
    LABEL_SETS,
    SEVEN,
    SIX,
    LabelSet,
    canonical_emotion,
    class_of_votes,
    emotion_of_word,
    parse_labels,
)

SPELLINGS = {
    "Anger": ["anger", "ANGER", "Angry", "ang", " anger "],
    "Disgust": ["disgust", "Disgusted", "DIS"],
    "Fear": ["fear", "fearful", "FEA"],
    "Happiness": ["happiness", "Happy", "joy", "HAP"],
    "Sadness": ["sadness", "Sad", "SAD"],
    "Surprise": ["surprise", "Surprised", "sur"],
    "Neutral": ["neutral", "NEU"],
}


def test_six_has_the_classes_in_the_order_used_everywhere():
    assert SIX.names == ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
    assert [SIX.code(name) for name in SIX.names] == [0, 1, 2, 3, 4, 5]


def test_seven_adds_neutral_at_the_end_so_that_codes_stay():
    assert SEVEN.names[:6] == SIX.names
    assert SEVEN.code("Neutral") == 6
    assert dict(LABEL_SETS) == {"six": SIX, "seven": SEVEN}


@pytest.mark.parametrize(("name", "written"), [(n, w) for n, forms in SPELLINGS.items() for w in forms])
def test_canonical_emotion_maps_every_spelling_to_one_name(name, written):
    assert canonical_emotion(written) == name


@pytest.mark.parametrize("name", SEVEN.names)
def test_canonical_emotion_keeps_a_canonical_name(name):
    assert canonical_emotion(canonical_emotion(name)) == name


def test_canonical_emotion_keeps_another_expression():
    assert canonical_emotion("BOREDOM") == "Boredom"
    assert "Boredom" not in SEVEN


def test_probability_columns_are_lower_case_with_underscores():
    assert SIX.probability_columns == tuple(
        "p_anger p_disgust p_fear p_happiness p_sadness p_surprise".split()
    )
    assert LabelSet(("Anger", "Mixed Feelings")).probability_columns == ("p_anger", "p_mixed_feelings")


def test_label_set_has_its_length_and_its_members():
    assert len(SIX) == 6
    assert "Fear" in SIX
    assert "fear" not in SIX
    assert 3 not in SIX


def test_label_set_code_names_an_unknown_expression_and_the_known():
    with pytest.raises(
        ConfigError, match="Unknown expression 'Joy'; this label set has Anger, Disgust, Fear"
    ):
        SIX.code("Joy")


@pytest.mark.parametrize("names", [(), ("Anger",), ("Anger", "Fear", "Anger")])
def test_label_set_needs_two_different_names(names):
    with pytest.raises(ConfigError, match="two or more names, all of them different, got "):
        LabelSet(names)


def test_label_set_names_differ_by_more_than_case():
    with pytest.raises(ConfigError, match="two or more names, all of them different, got "):
        LabelSet(("Anger", "Mixed Anger", "mixed_anger"))  # both would be the column p_mixed_anger


@pytest.mark.parametrize("name", ["", " Fear", "a\nb", "\x1b[2J", "\udcff", "\u202eraeF", "a" * 61, 3])
def test_label_set_names_are_plain_text(name):
    with pytest.raises(ConfigError, match="A label must be printable text of 1 to 60 characters") as caught:
        LabelSet(("Anger", name))
    assert str(caught.value).isprintable()


def test_label_set_has_at_most_100_names():
    names = tuple(f"label {number}" for number in range(101))
    assert len(LabelSet(names[:100])) == 100
    with pytest.raises(ConfigError, match="at most 100 names, got 101"):
        LabelSet(names)


def test_label_set_has_no_word_for_no_class():
    with pytest.raises(ConfigError, match="'unsure' is a word for no class; give the class another name"):
        LabelSet(("Anger", "unsure"))
    assert "Unsure" in LabelSet(("Anger", "Unsure"))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("six", SIX.names),
        ("seven", SEVEN.names),
        ("Happiness,Anger,Sadness", ("Happiness", "Anger", "Sadness")),
        (" joy , calm", ("joy", "calm")),
        (["a, b", "c"], ("a, b", "c")),
    ],
)
def test_parse_labels_keeps_the_order_and_the_words_of_the_user(labels, names):
    found = parse_labels(labels)
    assert found is not None
    assert found.names == names


def test_parse_labels_of_the_table_are_not_known_yet():
    assert parse_labels("table") is None


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("sevn", "Unknown label set 'sevn'; choose one of seven, six. Did you mean 'seven'?"),
        ("joy,", "printable text of 1 to 60 characters"),
        ("joy,JOY", "two or more names, all of them different"),
        (7, "labels must be text or several names, got 7"),
    ],
)
def test_parse_labels_refuses_what_is_no_label_set(labels, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse_labels(labels)


def test_emotion_of_word_has_the_spellings_of_the_corpora_too():
    for name, forms in SPELLINGS.items():
        assert {emotion_of_word(form) for form in forms} == {name}


@pytest.mark.parametrize("names", [("joy", "calm"), ("calm", "Neutral"), ("Ruhe", "x"), ("joy", "anger")])
def test_label_set_neutral_is_the_class_of_a_face_at_rest(names):
    expected = {("joy", "calm"): "calm", ("calm", "Neutral"): "Neutral", ("Ruhe", "x"): "Ruhe"}
    assert LabelSet(names).neutral == expected.get(names)


def test_class_of_votes_is_the_users_word_for_the_expression():
    assert class_of_votes("sadness", LabelSet(("Trauer", "joy"))) == "Trauer"
    assert class_of_votes("unknown", SIX) == "Unknown"
