"""The encoding of a text file that a person may have saved: by its mark, UTF-8, or guessed from letters."""

import codecs
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

NOT_UTF_8 = "is not UTF-8"
"""A part of every sentence about a guessed encoding."""
_HEAD_BYTES = 2**18
"""The guess looks at the first bytes of a file alone."""
_WORD = re.compile(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]*[^\x00-\x7f][^\x00-\x40\x5b-\x60\x7b-\x7f]*")
_OF_ALL = frozenset(  # quotes, dashes and the like, also those of Chinese and Japanese
    "\u201c\u201d\u201e\u2018\u2019\u201a\u2013\u2014\u2026\xab\xbb\xb0\u20ac\xa7\xa9\xae\xb7\xa0"
    "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u3001\u3002\u300a\u300b\u300c\u300d"
)
"""Signs that tell no language."""
_WESTERN = "äöüß éèêëàâçîïôùûœÿ áéíóúüñ áâãàçéêíóôõú àèéìíîòóù åäöéæø éëïóöüáèê àéèíïòóúüç"
_CENTRAL = "ąćęłńóśźż áčďéěíňóřšťúůýž áäčďéíĺľňóôŕšťúýž áéíóöőúüű ăâîşţ čćđšž äöüß"
_TURKISH = "çğıİöşüâîû"
_CYRILLIC = (
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя абвгґдеєжзиіїйклмнопрстуфхцчшщьюя абвгдђежзијклљмнњопрстћуфхцчџш"
)
_VOWELS = frozenset("аеёиоуыэюяієї" + "αεηιουωάέήίόύώϊϋΐΰ")
_LEAST_VOWELS = 0.2
"""Share of vowels below which Cyrillic or Greek text is likely in the other encoding; it is about 0.4."""


def _letters(text: str) -> Callable[[str], list[bool]]:
    """Return a function that says, of each language, whether a sign is one of its letters."""
    languages = [frozenset(language) for language in text.split()]
    return lambda sign: [sign in letters or sign.lower() in letters for letters in languages]


def _named(*beginnings: str) -> Callable[[str], list[bool]]:
    """Return a function that says whether the name of a sign has one of the beginnings."""
    return lambda sign: [unicodedata.name(sign, "").startswith(beginnings)]


def _in_use(beginning: str, encoding: str) -> Callable[[str], list[bool]]:
    """Do as ``_named``, for signs that a smaller encoding has; a large one has rare signs for any bytes."""

    def languages_of(sign: str) -> list[bool]:
        in_use = len(sign.encode(encoding, errors="ignore")) == 2  # euc_kr spells the others with 8 bytes
        return [in_use and unicodedata.name(sign, "").startswith(beginning)]

    return languages_of


_GUESSES = (
    ("cp1252", "Western European", _letters(_WESTERN)),
    ("cp1250", "Central European", _letters(_CENTRAL)),
    ("cp1254", "Turkish", _letters(_TURKISH)),
    ("cp1252", "Western European", _letters("áéíóúýþðæö äõöüšž")),
    ("cp1255", "Hebrew", _named("HEBREW LETTER")),
    ("cp1251", "Cyrillic", _letters(_CYRILLIC)),
    ("cp1253", "Greek", _letters("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ")),
    ("cp1257", "Baltic", _letters("ąčęėįšųūž āčēģīķļņšūž")),
    ("cp949", "Korean", _in_use("HANGUL", "euc_kr")),
    ("cp932", "Japanese", _named("CJK UNIFIED", "HIRAGANA", "KATAKANA")),
    ("gb18030", "Simplified Chinese", _in_use("CJK UNIFIED", "gb2312")),
    ("big5", "Traditional Chinese", _named("CJK UNIFIED")),
    ("cp1256", "Arabic", _named("ARABIC LETTER")),
    ("cp874", "Thai", _named("THAI CHARACTER")),
    ("iso8859_2", "Central European", _letters(_CENTRAL)),
    ("mac_roman", "Western European, Macintosh", _letters(_WESTERN)),
    ("cp852", "Central European, DOS", _letters(_CENTRAL)),
    ("cp850", "Western European, DOS", _letters(_WESTERN)),  # it decodes any bytes
)
"""Encoding, region, and whether a sign is a letter of its languages; of equal fits, the first counts."""
_REGION_OF = MappingProxyType({encoding: region for encoding, region, _ in _GUESSES})


def encoding_of(content: bytes) -> str:
    r"""Return the encoding of a text file.

    Raises:
        ValueError: it is no text.

    >>> encoding_of(b"Zo\xeb"), encoding_of(b"rado\x9c\xe6"), encoding_of("Zo\xeb".encode())
    ('cp1252', 'cp1250', 'utf-8-sig')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in content:
        raise ValueError("it has bytes that are no text; a spreadsheet must be saved as CSV")
    if _decodes(content, "utf-8-sig"):
        return "utf-8-sig"
    head = content[:_HEAD_BYTES]
    fits = [
        (_fit(head.decode(encoding, errors="ignore"), languages_of), encoding)
        for encoding, _, languages_of in _GUESSES
        if _decodes(head, encoding, is_whole=len(head) == len(content))
    ]
    by_fit = sorted(fits, key=lambda each: -each[0])
    return next(encoding for _, encoding in by_fit if _decodes(content, encoding))


def encoding_note(path: Path) -> str:
    """Return a sentence about the guessed encoding of a text file; empty if it is UTF-8 or UTF-16."""
    content = path.read_bytes()
    try:
        encoding = "utf-8-sig" if content.isascii() else encoding_of(content)
    except ValueError:  # the reader of the file says so
        return ""
    region = _REGION_OF.get(encoding)
    return (
        f"{path.name} {NOT_UTF_8}: read as {encoding} ({region}); if names look wrong, save it as CSV UTF-8"
        if region
        else ""
    )


def _decodes(content: bytes, encoding: str, *, is_whole: bool = True) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(content, final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _fit(text: str, languages_of: Callable[[str], list[bool]]) -> float:
    """Return the share of letters of the language that fits best, and half the share of all of them."""
    known: list[list[bool]] = []
    for word in _WORD.findall(text):
        signs = [sign for sign in word if not sign.isascii() and sign not in _OF_ALL]
        spoiled = _is_spoiled(word)
        known += [[False] if spoiled else languages_of(sign) for sign in signs]
    if not known:
        return 1.0
    most = max(map(len, known))
    best = max(sum(each[place] for each in known if len(each) == most) for place in range(most))
    fit = (best + sum(map(any, known)) / 2) / len(known)
    vowels = [sign.lower() in _VOWELS for sign in text if _script(sign) in ("CYRILLIC", "GREEK")]
    return fit * min(1.0, sum(vowels) / len(vowels) / _LEAST_VOWELS) if vowels else fit


def _is_spoiled(word: str) -> bool:
    """Return whether a word has a capital or a letter where none can be, two scripts, or a control character.

    >>> _is_spoiled("\u0442\u0411"), _is_spoiled("caf\u751f"), _is_spoiled("\u0141UKASZ")
    (True, True, False)
    """
    small_first = any(
        (one.islower() and other.isupper()) or (one == "ς" and other.isalpha())
        for one, other in pairwise(word)
    )
    scripts = {_script(sign) for sign in word if sign.isalpha()}
    return small_first or len(scripts) > 1 or any(unicodedata.category(sign) == "Cc" for sign in word)


def _script(sign: str) -> str:
    first = unicodedata.name(sign, "").partition(" ")[0]
    return "CJK" if first in ("HIRAGANA", "KATAKANA", "HANGUL") else first
