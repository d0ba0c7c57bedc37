"""One form for all spellings of a name or a word."""

import re
import unicodedata

_DOT_ABOVE = "\u0307"
_ONE_I = str.maketrans({"\u0130": "i", "\u0131": "i"})
"""Turkish pairs I with \u0131, and \u0130 with i; a text does not say that it is Turkish."""


def without_case(text: str) -> str:
    r"""Return text without case, for comparisons; I and i are one letter with both Turkish ones.

    >>> without_case("KIZGIN"), without_case("K\u0131zg\u0131n"), without_case("Gro\xdf")
    ('kizgin', 'kizgin', 'gross')
    """
    folded = unicodedata.normalize("NFC", text).translate(_ONE_I).casefold()
    return unicodedata.normalize("NFC", folded.replace(f"i{_DOT_ABOVE}", "i"))


def without_accents(text: str) -> str:
    r"""Return text without case, accents, blanks and signs; the vowel signs of other scripts are kept.

    >>> without_accents(" \xdcber-raschung "), without_accents("K\u0131zg\u0131n")
    ('uberraschung', 'kizgin')
    >>> without_accents("\u0e14\u0e35") == without_accents("\u0e14\u0e39")
    False
    """
    apart = unicodedata.normalize("NFKD", without_case(unicodedata.normalize("NFKC", text)))
    return "".join(sign for sign in apart if sign.isalnum() or _is_vowel_sign(sign))


def _is_vowel_sign(sign: str) -> bool:
    """Return whether a mark is a part of a word, as in Thai and Hindi, and neither an accent nor a point."""
    if unicodedata.category(sign) not in ("Mn", "Mc") or "VARIATION SELECTOR" in unicodedata.name(sign, ""):
        return False
    # the classes of Hebrew and Arabic points are 10 to 36, those of accents above and below 200 to 240
    return not 10 <= unicodedata.combining(sign) <= 36 and unicodedata.combining(sign) < 200


def decimal_point(number: str) -> str:
    """Return a number with a decimal comma, as some spreadsheets write it, with a point.

    >>> decimal_point("0,25"), decimal_point("0.25"), decimal_point("1,234.5")
    ('0.25', '0.25', '1,234.5')
    """
    return number.replace(",", ".") if re.fullmatch(r"[-+]?\d*,\d+", number) else number
