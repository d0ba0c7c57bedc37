import pytest

from ferfusion.spelling import without_accents, without_case


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Iş\u0131l", "IŞIL"),
        ("İpek", "ipek"),
        ("İPEK", "i\u0307pek"),
        ("Groß", "GROSS"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
        ("J\u00f6rg", "JO\u0308RG"),
        ("Ирина", "ИРИНА"),
    ],
)
def test_without_case_is_the_same_for_a_name_in_capitals(one, other):
    assert without_case(one) == without_case(other)


def test_without_case_keeps_letters_apart():
    assert len({without_case(name) for name in ("Ania", "Anja", "Aña", "Aná", "Ana")}) == 5


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("KIZGIN", "K\u0131zg\u0131n", True),
        ("ÜZGÜN", "uzgun", True),
        ("\uff2a\uff4f\uff59", "joy", True),
        ("شَمس", "شمس", True),
        ("دि", "दी", False),
        ("दिल", "दल", False),
        ("か", "が", False),
        ("☺\ufe0f", "☹\ufe0f", True),  # both are empty: no word
    ],
)
def test_without_accents_keeps_vowel_signs_that_are_no_accents(one, other, is_same):
    assert (without_accents(one) == without_accents(other)) is is_same
    assert without_accents("☺\ufe0f") == ""
