import pytest

from ferfusion.errors import ConfigError
from ferfusion.labels import LABEL_SETS, SEVEN, SIX, LabelSet, canonical_emotion

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
    with pytest.raises(ConfigError, match="at least two different names, got "):
        LabelSet(names)


def test_label_set_names_differ_by_more_than_case():
    with pytest.raises(ConfigError, match="at least two different names, got "):
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
