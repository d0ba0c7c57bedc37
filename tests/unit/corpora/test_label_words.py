from pathlib import Path

import pytest

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.corpora.label_words import parse_label_map, with_labels, with_labels_of_stills
from ferfusion.corpora.stills import Still, StillsListing
from ferfusion.errors import ConfigError
from ferfusion.label_set import EMOTION_WORDS, SEVEN, SIX, LabelSet, emotion_of_word

ROOT = Path("corpus")


def listing_of(*words: str) -> CorpusListing:
    """Rows 2 and further of a table."""
    return CorpusListing(
        "csv",
        tuple(
            VideoEntry(ROOT / f"{line}.mp4", f"v{line}", "s", emotion_of_word(word), word=word, line=line)
            for line, word in enumerate(words, 2)
        ),
    )


def emotions(listing: CorpusListing) -> list[str]:
    return [entry.emotion for entry in listing.entries]


def test_with_labels_takes_the_words_of_all_languages() -> None:
    for name, words in EMOTION_WORDS.items():
        for word in words.split():
            listing, _, _ = with_labels(listing_of(word, word.upper(), f" {word}."), ROOT, SEVEN)
            assert emotions(listing) == [name] * 3


def test_with_labels_says_what_was_taken_for_what_and_how_often() -> None:
    listing, labels, sentences = with_labels(
        listing_of("joy", "Anger", "joy", "\u00c4rger", "fear"), ROOT, SIX
    )
    assert (emotions(listing), labels) == (["Happiness", "Anger", "Happiness", "Anger", "Fear"], SIX)
    assert sentences == ["Labels taken for classes: 'joy' is Happiness (2), '\u00c4rger' is Anger (1)"]


@pytest.mark.parametrize(
    ("word", "labels", "reason"),
    [
        ("Hapiness", SIX, "'Hapiness' in line 2: did you mean Happiness?"),
        ("suprised", SIX, "'suprised' in line 2: did you mean Surprise?"),
        ("Uberaschung", SIX, "'Uberaschung' in line 2: did you mean Surprise?"),
        ("angrry", LabelSet(("rage", "Wut")), "'angrry' in line 2: did you mean Wut?"),
        ("confusd", LabelSet(("confused", "calm")), "'confusd' in line 2: did you mean confused?"),
        (
            "happy",
            LabelSet(("joy", "Freude")),
            "'happy' in line 2: can be joy or Freude; name the class with",
        ),
    ],
)
def test_with_labels_leaves_out_a_misspelled_word_with_the_nearest(
    word: str, labels: LabelSet, reason: str
) -> None:
    listing, _, _ = with_labels(listing_of(word), ROOT, labels)
    [left] = listing.left_out
    assert (listing.entries, left.path) == ((), str(ROOT / "2.mp4"))
    assert left.reason.startswith(reason)


def test_with_labels_keeps_a_word_of_another_expression() -> None:
    listing, _, sentences = with_labels(listing_of("boredom", "neutral", "Boredom", "boredom"), ROOT, SIX)
    assert emotions(listing) == ["boredom", "Neutral", "boredom", "boredom"]
    assert (listing.left_out, sentences) == ((), [])


def test_with_labels_of_the_table_are_one_class_in_the_most_frequent_spelling() -> None:
    listing, labels, sentences = with_labels(listing_of("Froh", "froh", "m\u00fcde", "froh"), ROOT, None)
    assert (emotions(listing), labels.names) == (["froh", "froh", "m\u00fcde", "froh"], ("froh", "m\u00fcde"))
    assert labels.probability_columns == ("p_froh", "p_m\u00fcde")
    assert sentences == [
        "The classes are the words of the table: froh (3), m\u00fcde (1)",
        "One class in several spellings: 'Froh' is froh (1)",
    ]


def test_with_labels_has_the_words_and_the_order_of_the_user() -> None:
    own = LabelSet(("joy", "rage", "boredom"))
    listing, labels, _ = with_labels(
        listing_of("Happiness", "anger", "RAGE", "Boredom", "JOY"), ROOT, own, label_map={"anger": "rage"}
    )
    assert (emotions(listing), labels) == (["joy", "rage", "rage", "boredom", "joy"], own)


def test_with_labels_of_the_table_are_its_words_as_they_are() -> None:
    words = ("zeal", "joy", "happy", "Zeal", *["happiness"] * 3, "hapiness", "x")
    listing, labels, sentences = with_labels(listing_of(*words), ROOT, None, label_map={"x": "joy"})
    assert labels.names == ("zeal", "joy", "happy", "happiness", "hapiness")
    assert emotions(listing)[3] == "zeal"
    assert emotions(listing)[-1] == "joy"
    assert sentences == [
        "The classes are the words of the table: zeal (2), joy (2), happy (1), happiness (3), hapiness (1)",
        "One class in several spellings: 'Zeal' is zeal (1)",
        "The class hapiness (1) may be a misspelled happiness; see --label-map",
    ]


def test_with_labels_takes_the_class_of_a_known_corpus_for_no_synonym() -> None:
    """RAVDESS has calm and neutral; both are labels of it."""
    calm = CorpusListing("ravdess", (VideoEntry(ROOT / "a.mp4", "a", "s", "Calm"),))
    assert emotions(with_labels(calm, ROOT, SEVEN)[0]) == ["Calm"]
    assert emotions(with_labels(calm, ROOT, SEVEN, label_map={"calm": "Neutral"})[0]) == ["Neutral"]
    happy = CorpusListing("ravdess", (VideoEntry(ROOT / "a.mp4", "a", "s", "Happiness"),))
    assert emotions(with_labels(happy, ROOT, LabelSet(("Freude", "calm")))[0]) == ["Freude"]


def test_with_labels_refuses_a_class_that_is_none_and_names_words_that_do_not_occur() -> None:
    with pytest.raises(
        ConfigError, match=r"label_map has 'Hapiness', which is not one of Anger, .* mean Happiness"
    ):
        with_labels(listing_of("joy"), ROOT, SIX, label_map={"joy": "Hapiness"})
    _, _, sentences = with_labels(listing_of("joy"), ROOT, SIX, label_map={"glad": "Happiness"})
    assert sentences[0] == "label_map has words that no label is: glad"


def test_with_labels_of_stills_names_the_classes_of_a_known_corpus() -> None:
    stills = [Still(str(n), "a", emotion, "train", b"") for n, emotion in enumerate(("Fear", "Happiness"))]
    named, labels = with_labels_of_stills(StillsListing("fer2013", tuple(stills)), LabelSet(("joy", "Angst")))
    assert ([still.emotion for still in named.stills], labels.names) == (["Angst", "joy"], ("joy", "Angst"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.toml", "joy = 'Happiness'\n'very angry' = 'Anger'\n"),
        ("m.csv", "joy,Happiness\nvery angry,Anger\n"),
        ("m.csv", "word;class\njoy;Happiness\nvery angry;Anger\n"),
    ],
)
def test_parse_label_map_reads_a_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    expected = {"joy": "Happiness", "very angry": "Anger"}
    assert parse_label_map(str(tmp_path / name)) == parse_label_map(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.toml", "joy = ", "is not TOML"),
        ("m.toml", "joy = 3", "must have a class for each word, got 'joy': 3"),
        ("m.csv", "joy,Happiness\njoy\n", "line 2: 'joy' is not a word and its class"),
        ("m.csv", "joy,Happiness\njoy,Anger\n", "has 'joy' for 'Happiness' and for 'Anger'"),
        ("gone.csv", None, "There is no file"),
    ],
)
def test_parse_label_map_refuses_a_damaged_file(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=message):
        parse_label_map(str(tmp_path / name))
