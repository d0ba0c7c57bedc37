"""Expression classes, their names in the corpora, and the words that people write for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.spelling import without_accents

_ALIASES = MappingProxyType(
    {
        "angry": "Anger",
        "ang": "Anger",
        "disgusted": "Disgust",
        "dis": "Disgust",
        "fearful": "Fear",
        "fea": "Fear",
        "happy": "Happiness",
        "hap": "Happiness",
        "joy": "Happiness",
        "sad": "Sadness",
        "surprised": "Surprise",
        "sur": "Surprise",
        "neu": "Neutral",
    }
)
EMOTION_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "Anger": (
            "anger angry ang mad Wut Ärger Zorn wütend ärgerlich zornig colère fâché ira enfado "
            "enfadado rabbia arrabbiato raiva zangado boosheid woede boos 生气 愤怒 怒"
        ),
        "Disgust": (
            "disgust disgusted dis Ekel angeekelt dégoût dégoûté asco disgusto disgustato nojo "
            "walging walgend 厌恶 恶心"
        ),
        "Fear": (
            "fear fearful fea scared afraid anxious Angst Furcht ängstlich peur apeuré miedo "
            "asustado temor paura impaurito spaventato medo assustado angst bang 害怕 恐惧 惧"
        ),
        "Happiness": (
            "happiness happy hap joy joyful joyous Freude Glück fröhlich glücklich freudig joie "
            "heureux joyeux bonheur felicidad alegría feliz alegre gioia felicità felice "
            "felicidade alegria blijdschap vreugde geluk blij 高兴 快乐 开心 喜"
        ),
        "Sadness": (
            "sadness sad Trauer Traurigkeit traurig tristesse triste tristeza tristezza verdriet "
            "droefheid verdrietig droevig 悲伤 难过 伤心 悲"
        ),
        "Surprise": (
            "surprise surprised sur Überraschung Erstaunen überrascht erstaunt surpris sorpresa "
            "sorprendido sorpreso surpresa surpreso surpreendido verrassing verbazing verrast "
            "verbaasd 惊讶 吃惊 惊"
        ),
        "Neutral": (
            "neutral neutrality neu calm rest resting Ruhe ruhig neutre calme repos neutro neutra "
            "calma tranquilo riposo repouso neutraal rust rustig kalm 中性 平静"
        ),
    }
)
"""The words that are taken for an expression in tables and folders, whatever their case and accents."""

NO_CLASS_WORDS = ("unsure", "no clear expression", "mixed")
"""What predictions and verdicts have in place of a class."""
_MOST_LABELS, _LONGEST_LABEL = 100, 60


def canonical_emotion(name: str) -> str:
    """Return this project's name for an expression, for any case and form that a corpus writes.

    >>> canonical_emotion("fear"), canonical_emotion("Happy"), canonical_emotion("BOREDOM")
    ('Fear', 'Happiness', 'Boredom')
    """
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain.capitalize())


def class_name(word: str) -> str:
    """Return the name of a class that a user writes: that of this project for its own, else the word itself.

    >>> class_name("happy"), class_name("aburrimiento")
    ('Happiness', 'aburrimiento')
    """
    named = canonical_emotion(word)
    return named if named in EMOTION_WORDS else word.strip()


def word_key(word: str) -> str:
    """Return the form that all spellings of a word share: without case, accents, blanks and signs.

    >>> word_key(" Über-raschung "), word_key("Start_Seconds"), word_key("生气")
    ('uberraschung', 'startseconds', '生气')
    """
    return without_accents(word)


def emotion_of_word(word: str) -> str:
    """Return this project's name for the word that a person wrote for an expression, in several languages.

    Another word is returned as it is written.

    >>> emotion_of_word("joy"), emotion_of_word("WUT"), emotion_of_word("calm"), emotion_of_word("boredom")
    ('Happiness', 'Anger', 'Neutral', 'boredom')
    """
    return _EMOTION_OF_KEY.get(word_key(word)) or word.strip()


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of displayed expressions; the index of a name is its class code.

    Raises:
        ConfigError: there are fewer than 2 or more than 100 names, a name is not plain text of at most 60
            characters or is a word for no class, or two names differ in case alone.

    >>> SIX.code("Happiness"), SIX.names[4], "Neutral" in SIX
    (3, 'Sadness', False)
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.names) > _MOST_LABELS:
            raise ConfigError(f"A label set has at most {_MOST_LABELS} names, got {len(self.names):,}")
        for name in self.names:
            if not _is_plain(name):
                raise ConfigError(
                    f"A label must be printable text of 1 to {_LONGEST_LABEL} characters, without spaces "
                    f"at its ends, got {name!r:.80}"
                )
            if name in NO_CLASS_WORDS:
                raise ConfigError(f"{name!r} is a word for no class; give the class another name")
        if len(self.names) < 2 or len(set(self.probability_columns)) != len(self.names):
            raise ConfigError(
                f"A label set needs two or more names, all of them different, got {list(self.names)}"
            )

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.names)

    def code(self, name: str) -> int:
        """Return the class code of ``name``, from 0.

        Raises:
            ConfigError: ``name`` is not in the set.
        """
        if name not in self.names:
            raise ConfigError(f"Unknown expression {name!r}; this label set has {', '.join(self.names)}")
        return self.names.index(name)

    @property
    def neutral(self) -> str | None:
        """The class of a face at rest; None if the set has none.

        >>> SEVEN.neutral, SIX.neutral, LabelSet(("joy", "calm")).neutral
        ('Neutral', None, 'calm')
        """
        at_rest = [name for name in self.names if emotion_of_word(name) == "Neutral"]
        return next((name for name in at_rest if canonical_emotion(name) == "Neutral"), (*at_rest, None)[0])

    def named(self, emotion: str) -> list[str]:
        """Return the names of the set that stand for an expression: the same word, or else its synonyms.

        >>> LabelSet(("joy", "rage", "calm")).named("Happiness"), SIX.named("happiness"), SIX.named("Neutral")
        (['joy'], ['Happiness'], [])
        """
        same = [name for name in self.names if word_key(name) == word_key(emotion)]
        return same or [name for name in self.names if emotion_of_word(name) == emotion]

    @property
    def probability_columns(self) -> tuple[str, ...]:
        """Column names of the class probabilities in every table: ``p_anger`` and so on."""
        return tuple("p_" + name.lower().replace(" ", "_") for name in self.names)


def _is_plain(name: object) -> bool:
    return (
        isinstance(name, str)
        and 0 < len(name) <= _LONGEST_LABEL
        and name.isprintable()
        and name == name.strip()
    )


def parse_labels(labels: str | Sequence[str]) -> LabelSet | None:
    """Return the label set that a user asks for: six, seven, names, or None for table, the words of a table.

    Raises:
        ConfigError: it is no such text, or the names make no label set.

    >>> parse_labels("joy, anger,calm").names
    ('joy', 'anger', 'calm')
    """
    if isinstance(labels, str):
        if labels.strip().lower() == "table":
            return None
        if "," not in labels:
            return choose(LABEL_SETS, labels, what="label set")
        labels = [name.strip() for name in labels.split(",")]
    if not isinstance(labels, Sequence):
        raise ConfigError(f"labels must be text or several names, got {labels!r} ({type(labels).__name__})")
    return LabelSet(tuple(labels))


def class_of_votes(column: str, labels: LabelSet) -> str:
    """Return the class that a column of votes counts, or its canonical name if the set has no such class.

    >>> class_of_votes("happiness", LabelSet(("joy", "anger"))), class_of_votes("contempt", SIX)
    ('joy', 'Contempt')
    >>> class_of_votes("Freude", SIX)
    'Happiness'
    """
    emotion = canonical_emotion(column)
    named = labels.named(column) or labels.named(emotion) or labels.named(emotion_of_word(column))
    return (named or [emotion])[0]


SIX = LabelSet(("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise"))
"""The report's six classes, in the order used everywhere."""
SEVEN = LabelSet((*SIX.names, "Neutral"))
LABEL_SETS = MappingProxyType({"six": SIX, "seven": SEVEN})
_EMOTION_OF_KEY = MappingProxyType(
    {word_key(word): emotion for emotion, words in EMOTION_WORDS.items() for word in words.split()}
)
