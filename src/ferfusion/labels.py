"""Expression classes and their names in the corpora."""

from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.errors import ConfigError

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


_MOST_LABELS, _LONGEST_LABEL = 100, 60


def canonical_emotion(name: str) -> str:
    """Return this project's name for an expression, for any case and form that a corpus writes.

    >>> canonical_emotion("fear"), canonical_emotion("Happy"), canonical_emotion("BOREDOM")
    ('Fear', 'Happiness', 'Boredom')
    """
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain.capitalize())


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of displayed expressions; the index of a name is its class code.

    Raises:
        ConfigError: there are fewer than 2 or more than 100 names, a name is not plain text of at most 60
            characters, or two names differ in case alone.

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
        if len(self.names) < 2 or len(set(self.probability_columns)) != len(self.names):
            raise ConfigError(f"A label set needs at least two different names, got {list(self.names)}")

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


SIX = LabelSet(("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise"))
"""The report's six classes, in the order used everywhere."""
SEVEN = LabelSet((*SIX.names, "Neutral"))
LABEL_SETS = MappingProxyType({"six": SIX, "seven": SEVEN})
