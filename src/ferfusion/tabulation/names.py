"""Names of columns that R, SPSS, Stata and pandas take as they are."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

LONGEST_NAME = 64
"""Bytes of a name in SPSS."""
_RESERVED = frozenset("all and by eq ge gt le lt ne not or to with".split())
"""Words that SPSS takes for no name."""


def safe_names(
    texts: Iterable[str], *, prefix: str = "", fallback: str = "column", taken: Iterable[str] = ()
) -> Mapping[str, str]:
    """Return a name for each text: ASCII letters, digits and underscores, a letter first, at most 64 signs.

    No two names are the same, whatever their case, and none is one of ``taken``.

    Args:
        texts: What the names are for, all different.
        prefix: Begins each name.
        fallback: With a number, the name of a text that has no letter or digit of ASCII.
        taken: Names that are used already.

    >>> dict(safe_names(["p_alegría", "生气", "2nd try", "To", "to"]))
    {'p_alegría': 'p_alegria', '生气': 'column_2', '2nd try': 'v_2nd_try', 'To': 'To_', 'to': 'to_2'}
    """
    used = {name.lower() for name in taken}
    names = {}
    for number, text in enumerate(texts, start=1):
        plain = _plain(text) or f"{fallback}_{number}"
        name = f"{prefix}{plain}"
        name = name if name[0].isalpha() else f"v_{name}"
        name = f"{name}_" if name.lower() in _RESERVED else name
        names[text] = _unused(name[:LONGEST_NAME], used)
        used.add(names[text].lower())
    return names


def _plain(text: str) -> str:
    """Return the ASCII letters and digits of a text, with one underscore for whatever is between them."""
    apart = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    letters = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_")


def _unused(name: str, used: set[str]) -> str:
    chosen, number = name, 2
    while chosen.lower() in used:
        end = f"{'' if name.endswith('_') else '_'}{number}"
        chosen = name[: LONGEST_NAME - len(end)] + end
        number += 1
    return chosen
