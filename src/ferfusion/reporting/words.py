"""Numbers and lists as words of a sentence."""

from collections.abc import Sequence

_PLURALS = {"person": "people", "class": "classes", "reply": "replies"}
_UNITS = ("B", "KB", "MB", "GB", "TB")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the singular for 1.

    >>> counted(1, "video"), counted(0, "class"), counted(1200, "person")
    ('1 video', '0 classes', '1,200 people')
    """
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def amount(number: float, noun: str) -> str:
    """Return a number that need not be whole with its noun.

    >>> amount(1, "second"), amount(0.5, "second")
    ('1 second', '0.5 seconds')
    """
    return f"{number:g} {noun if number == 1 else plural(noun)}"


def counted_are(number: int, noun: str) -> str:
    """Return a number with its noun and verb.

    >>> counted_are(1, "clip"), counted_are(2, "clip")
    ('1 clip is', '2 clips are')
    """
    return f"{counted(number, noun)} {'is' if number == 1 else 'are'}"


def any_of(number: int, noun: str) -> str:
    """Return a number with its noun, as after "in".

    >>> any_of(1, "frame"), any_of(3, "frame")
    ('the only frame', 'any of 3 frames')
    """
    return f"the only {noun}" if number == 1 else f"any of {counted(number, noun)}"


def plural(noun: str) -> str:
    """Return the plural of a noun.

    >>> plural("person"), plural("training")
    ('people', 'trainings')
    """
    return _PLURALS.get(noun, f"{noun}s")


def listed(names: Sequence[str]) -> str:
    """Return names as a part of a sentence.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def examples(names: Sequence[str], *, limit: int = 3, between: str = ", ") -> str:
    """Return the first of several names, with a sign where there are more.

    >>> examples(["a", "b"]), examples(["a", "b", "c", "d"])
    ('a, b', 'a, b, c, …')
    """
    return between.join([*names[:limit], *(["…"] if len(names) > limit else [])])


def bytes_text(number: float) -> str:
    """Return a number of bytes in decimal units.

    >>> bytes_text(1), bytes_text(15_820), bytes_text(2.4e9)
    ('1 B', '16 KB', '2.4 GB')
    """
    unit = 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.1f} {_UNITS[unit]}" if unit > 0 and number < 9.95 else f"{number:.0f} {_UNITS[unit]}"
