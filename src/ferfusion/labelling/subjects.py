"""Who is seen in the videos of a label project: a table with a row per video."""

from pathlib import Path

from ferfusion.corpora.columns import find_columns
from ferfusion.errors import CorpusError
from ferfusion.tables import read_lines

_ADVICE = "save it as CSV with the columns path and subject"


def read_subjects(path: Path) -> dict[str, str]:
    """Return the person by the absolute path of each video, and by its name where no other has that name.

    Args:
        path: A CSV file with the columns path, relative to its folder, and subject; further ones are ignored.

    Raises:
        CorpusError: it is no such table, or gives a video two people.
    """
    header, rows = read_lines(path, error=CorpusError, advice=_ADVICE)
    place_of = find_columns(header, [cells for _, cells in rows]).place_of
    missing = [field for field in ("path", "subject") if field not in place_of]
    if missing:
        raise CorpusError(f"{path} has no column for {' and '.join(missing)}; {_ADVICE}")
    people: dict[str, str] = {}
    names: dict[str, set[str]] = {}
    for line, cells in rows:
        video, subject = (_at(cells, place_of[field]) for field in ("path", "subject"))
        place = Path(path.parent.absolute(), video.replace("\\", "/"))
        if not video or not subject:
            continue
        if people.setdefault(str(place), subject) != subject:
            raise CorpusError(f"{path}, line {line}: {video!r:.80} has two people; keep one of them")
        names.setdefault(place.name, set()).add(str(place))
    return people | {name: people[next(iter(of))] for name, of in names.items() if len(of) == 1}


def _at(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
