"""Find the columns of a table that a person made: the one with the videos, the labels, the people."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from ferfusion.corpora.entries import distinct_names
from ferfusion.errors import ConfigError, CorpusError
from ferfusion.label_set import word_key
from ferfusion.spelling import decimal_point

COLUMN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "path": (
            "path file filename filepath video videofile videofilename videoname videopath clip clipname "
            "Datei Dateiname Dateipfad Pfad Videodatei fichier nomdufichier chemin vidéo archivo "
            "nombredearchivo fichero ruta percorso nomefile nomedelfile arquivo nomedoarquivo ficheiro "
            "caminho bestand bestandsnaam pad image photo photograph Bild Foto imagen immagine imagem "
            "afbeelding "
            "文件 文件名 路径 视频 视频文件 图片 照片"
        ),
        "label": (
            "label labels emotion emotions expression emotionlabel Ausdruck Gefühl étiquette émotion "
            "etiqueta emoción expresión etichetta emozione espressione rótulo emoção expressão emotie "
            "uitdrukking 标签 情绪 情感 表情"
        ),
        "subject": (
            "subject subjectid subj person personid participant participantid speaker actor Proband "
            "Probandin Versuchsperson VP Teilnehmer Teilnehmerin sujet personne sujeto participante persona "
            "soggetto "
            "partecipante sujeito pessoa proefpersoon deelnemer persoon 被试 受试者 参与者 人物"
        ),
        "start_seconds": "startseconds start startsec starts begin von Beginn début inicio inizio 开始",
        "end_seconds": "endseconds end endsec ends stop bis Ende fin fine fim einde 结束",
        "split": "split",
        "face_box": "facebox",
    }
)
"""The names under which each column is found, whatever their case, accents, blanks and signs."""
_IF_ALONE: Mapping[str, str] = MappingProxyType(
    {
        "label": "class category Klasse Kategorie classe catégorie clase categoría categoria 类别",
        "subject": "id",
    }
)
"""Names that count if there is no other; id only if a value comes twice, since it may number the rows."""
_SIXTY = 60
_SHORT = MappingProxyType({"start": "start_seconds", "end": "end_seconds"})


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    Attributes:
        place_of: Number of the column of each field that there is, a name of ``COLUMN_WORDS``.
        names: Names of all columns; no two are the same.
    """

    place_of: Mapping[str, int]
    names: tuple[str, ...]

    @property
    def further(self) -> dict[str, int]:
        """Name and number of every column that is no field."""
        return {name: place for place, name in enumerate(self.names) if place not in self.place_of.values()}

    @property
    def unused_times(self) -> list[str]:
        """Names of further columns that may be of times, but whose cells are none."""
        names = f"{COLUMN_WORDS['start_seconds']} {COLUMN_WORDS['end_seconds']}".split()
        return [name for name in self.further if word_key(name) in set(map(word_key, names))]

    @property
    def in_words(self) -> str:
        """What is taken for what.

        >>> Columns({"path": 1, "label": 0}, ("Emotion", "Datei", "Alter")).in_words
        'path is Datei, label is Emotion; further columns: Alter'
        """
        taken = ", ".join(f"{field} is {self.names[place]}" for field, place in self.place_of.items())
        return "; further columns: ".join(filter(None, [taken, ", ".join(self.further)]))


def parse_pairs(text: str, *, what: str) -> dict[str, str]:
    """Return the names and values of an option such as ``path=Datei,subject=Person``.

    Raises:
        ConfigError: it is no such text, or a name comes twice.

    >>> parse_pairs("path=Datei, subject=Person", what="columns")
    {'path': 'Datei', 'subject': 'Person'}
    """
    pairs: dict[str, str] = {}
    for part in filter(str.strip, text.split(",")):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not name:
            raise ConfigError(f"{what} must be like a=b,c=d, got {part.strip()!r:.80}")
        if name in pairs:
            raise ConfigError(f"{what} has {name!r:.80} more than once")
        pairs[name] = value
    return pairs


def parse_columns(columns: str | Mapping[str, str] | None) -> dict[str, str]:
    """Return the name of the column of each field that a user gives; an empty name is none.

    Raises:
        ConfigError: a field is not known, or a name is no text.

    >>> parse_columns("path=Datei,start=von")
    {'path': 'Datei', 'start_seconds': 'von'}
    """
    given = parse_pairs(columns, what="columns") if isinstance(columns, str) else dict(columns or {})
    known = [_SHORT.get(field, field) for field in given]
    for field, name in zip(known, given.values(), strict=True):
        if field not in COLUMN_WORDS or not isinstance(name, str):
            fields = ", ".join(("path", "label", "subject", "start", "end", "split", "face_box"))
            raise ConfigError(f"columns has {field!r:.80}: {name!r:.80}; the names are of {fields}")
    return dict(zip(known, given.values(), strict=True))


def find_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    given: Mapping[str, str] = MappingProxyType({}),
    is_time: Callable[[str], bool] = lambda cell: True,
) -> Columns:
    """Return the columns of a table by their names, or as a user gives them.

    Args:
        header: Names of the columns.
        rows: Cells of the rows.
        given: Names of columns by field, from ``parse_columns``.
        is_time: Returns whether a cell is a number of seconds. A column that is not named by the user is one
            of times only if all of its cells are.

    Raises:
        CorpusError: a column that is given is not there, or several can be meant.
    """
    names = distinct_names((name or f"column_{number}" for number, name in enumerate(header, 1)), sign="_")
    place_of: dict[str, int] = {}
    for field in COLUMN_WORDS:
        place = _given(header, field, given) if field in given else _found(header, rows, field, is_time)
        if place is not None:
            place_of[field] = place
    return Columns(MappingProxyType(place_of), tuple(names))


def parse_seconds(text: str) -> float | None:
    """Return a time of a table, in seconds or as m:ss or h:mm:ss; None if it is none.

    >>> parse_seconds("1,5"), parse_seconds("0:01,5"), parse_seconds("1:00:00.25"), parse_seconds("9:99")
    (1.5, 1.5, 3600.25, None)
    """
    *larger, last = text.split(":")
    try:
        value = float(decimal_point(last))
    except ValueError:
        return None
    if not math.isfinite(value) or value < 0 or len(larger) > 2 or not all(map(str.isdecimal, larger)):
        return None
    if larger and (value >= _SIXTY or any(int(each) >= _SIXTY for each in larger[1:])):
        return None
    for each, unit_seconds in zip(reversed(larger), (_SIXTY, _SIXTY**2), strict=False):
        value += int(each) * unit_seconds
    return value


def parse_box(text: str) -> tuple[float, tuple[float, float, float, float]] | None:
    """Return the second and the box of a face: five numbers with blanks between them; None if it is none.

    >>> parse_box("0.48 120 60,5 88 88"), parse_box("120 60 88 88"), parse_box("1 0 0 0 9")
    ((0.48, (120.0, 60.5, 88.0, 88.0)), None, None)
    """
    try:
        seconds, x, y, width, height = (float(decimal_point(each)) for each in text.split())
    except ValueError:
        return None
    is_box = all(map(math.isfinite, (seconds, x, y, width, height))) and width > 0 and height > 0
    return (seconds, (x, y, width, height)) if is_box and seconds >= 0 else None


def _given(header: Sequence[str], field: str, given: Mapping[str, str]) -> int | None:
    wanted = given[field]
    if not wanted:
        return None
    for same in (str, word_key):
        places = [place for place, name in enumerate(header) if same(name) == same(wanted)]
        if len(places) == 1:
            return places[0]
        if places:
            raise CorpusError(f"the column {wanted} for the {field} is there {len(places)} times; keep one")
    near = get_close_matches(wanted, header, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise CorpusError(f"there is no column {wanted} for the {field}; found: {', '.join(header)}{hint}")


def _found(
    header: Sequence[str], rows: Sequence[Sequence[str]], field: str, is_time: Callable[[str], bool]
) -> int | None:
    keys = [word_key(name) for name in header]
    for words in ([field], COLUMN_WORDS[field].split(), _IF_ALONE.get(field, "").split()):
        wanted = set(map(word_key, words))
        places = [place for place, key in enumerate(keys) if key in wanted]
        if len(places) > 1:
            found = " and ".join(header[place] for place in places)
            if words == [field]:
                raise CorpusError(f"the column {field} is there more than once ({found}); keep one of them")
            raise CorpusError(
                f"the columns {found} can be the {field}; name one with --columns {field}={header[places[0]]}"
            )
        if places:
            cells = [row[places[0]] for row in rows if len(row) > places[0] and row[places[0]]]
            exact = header[places[0]].lower() == field
            # where most cells are times, a row with another cell is left out for it
            if field.endswith("_seconds") and not exact and 2 * sum(map(is_time, cells)) < len(cells):
                return None
            if keys[places[0]] == "id" and len(set(cells)) == len(cells):
                return None
            return places[0]
    return None
