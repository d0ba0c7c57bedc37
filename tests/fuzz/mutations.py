"""Seeded mutations that every kind of file can use."""

import copy
import csv
import io
import json
from collections.abc import Iterator
from random import Random
from typing import Any, Literal

Field = tuple[int, int, Literal["little", "big"]]
"""First byte, size in bytes and byte order of a whole number in a binary file."""

HOSTILE: tuple[Any, ...] = (
    *(0, 1, -1, 2**31, 2**63, 10**6, 10**12, 10**400, 0.5, -0.0, 1e-300, 1e308, True, None),
    *(float("nan"), float("inf"), float("-inf")),
    *("", "a", "a\nb", "\x1b[2J", "\udcff", "../../etc/passwd", "<script>alert(1)</script>", "x" * 10_000),
    *([], {}, [[]], [1, 2, 3], {"a": 1}, ["Anger"] * 3),
)
"""Values that a reader does not expect."""


def mutated_bytes(content: bytes, random: Random) -> bytes:
    """Change, cut out or repeat a few places of a file."""
    mutant = bytearray(content)
    for _ in range(random.choice((1, 2, 8, 64))):
        place, length = random.randrange(len(mutant) + 1), random.choice((1, 4, 64))
        match random.randrange(4):
            case 0:
                mutant[place : place + length] = random.randbytes(length)
            case 1:
                del mutant[place : place + length]
            case 2:
                mutant[place:place] = mutant[place : place + length]
            case _:
                mutant[place : place + length] = random.choice((b"\x00", b"\xff")) * length
        if not mutant:
            break
    return bytes(mutant)


def mutated_value(value: Any, random: Random) -> Any:
    """Replace, remove or nest one value in a value from JSON."""
    mutant = copy.deepcopy(value)
    places = list(_places(mutant))
    if not places:
        return random.choice(HOSTILE)
    holder, key = random.choice(places)
    match random.randrange(8):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2 if isinstance(holder, list):
            holder *= random.choice((2, 100))
        case _:
            holder[key] = random.choice(HOSTILE)
    return mutant


def mutated_json(text: str, random: Random) -> str:
    """Mutate the value of a JSON text, or the text itself."""
    match random.randrange(10):
        case 0:
            return "[" * 10**5
        case 1:
            return mutated_bytes(text.encode(), random).decode(errors="replace")
        case 2 if text.startswith("{"):
            return "{" + ", ".join([text.strip()[1:-1]] * 2) + "}"  # every name twice
        case _:
            return json.dumps(mutated_value(json.loads(text), random))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield value, key
        yield from _places(item)


NUMBERS = (
    *(0, 1, -1, 2, 7, 127, 255, 256, 32_767, 65_535, 2**24),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1),
)
"""Whole numbers that a header may state."""


def mutated_number(content: bytes, place: Field, random: Random) -> bytes:
    """Replace a whole number in a binary file, or change it by a little."""
    start, size, order = place
    value = int.from_bytes(content[start : start + size], order)
    near = (value + 1, value - 1, 2 * value, value // 2, value ^ 1 << random.randrange(8 * size))
    wanted = random.choice((*NUMBERS, *near))
    return content[:start] + int(wanted % 256**size).to_bytes(size, order) + content[start + size :]


def mutated_range(content: bytes, span: range, random: Random) -> bytes:
    """Mutate the bytes of a range; the others stay."""
    inside = content[span.start : span.stop]
    return content[: span.start] + mutated_bytes(inside, random) + content[span.stop :]


def cut_or_repeated(content: bytes, random: Random) -> bytes:
    """Cut a file short, cut its start off, append it to itself, or append other bytes."""
    place = random.randrange(len(content) // 4, len(content))
    match random.randrange(4):
        case 0:
            return content[:place]
        case 1:
            return content + content
        case 2:
            return content[:place] + content
        case _:
            return content + random.randbytes(1000)


CELLS = (
    *("nan", "inf", "-inf", "1e400", "-1", "0", "1", "1e308", "-1e308", "1e-320", "9" * 400, str(2**63)),
    *("1.5", "0.5", "25", "1e5", "100000", "99999999999", "+1", "0x10", "1_000", "1,5", "١٢", "²"),
    *("", " ", "a", "None", "True", "NA", "=cmd|' /C calc'!A0", "@SUM(1)", "'=1", "Anger", "anger", "train"),
    *("a\nb", "a\rb", "a\r\nb", '"', '""', "a,b", "a;b", "\t", "a\tb", "\0", "\x1b[2J", "\x85", "\u2028"),
    *("\ufeff", "\u202e", "é", "e\u0301", "x" * 10_000, "test", "Happiness", "$\\frac{$", "{{7*7}}"),
    *("../../etc/passwd", "/etc/passwd", ".", "..", "a/../b", "C:\\a", "~", "file:///etc/passwd"),
    *("http://[::1]/", "<script>alert(1)</script>"),
)
"""Cells that a reader of tables does not expect."""


Rows = list[list[str]]


def mutated_table(content: bytes, random: Random) -> bytes:
    """Mutate cells of a CSV table, its rows, its columns, its encoding, or its bytes."""
    match random.randrange(16):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            return cut_or_repeated(content, random)
        case 2:
            return _saved_by_another_program(content, random)
        case 3:
            how = random.choice((_drop_column, _repeat_column, _rename_column))
        case 4:
            how = random.choice((_repeat_rows, _drop_rows))
        case 5 | 6:
            how = random.choice((_swap_cells, _change_width, _fill_column))
        case _:
            how = _replace_cells
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    how(rows, random)
    return _written(rows)


def _written(rows: Rows, *, delimiter: str = ",", ending: str = "\n", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=ending).writerows(rows)
    return text.getvalue().encode(encoding, errors="replace")


def _saved_by_another_program(content: bytes, random: Random) -> bytes:
    return _written(
        list(csv.reader(io.StringIO(content.decode(), newline=""))),
        delimiter=random.choice((",", ";", "\t")),
        ending=random.choice(("\n", "\r\n", "\r")),
        encoding=random.choice(("utf-16", "utf-8-sig", "utf-16-be", "cp1252")),
    )


def _drop_column(rows: Rows, random: Random) -> None:
    column = random.randrange(len(rows[0]))
    for row in rows:
        del row[column]


def _repeat_column(rows: Rows, random: Random) -> None:
    column = random.randrange(len(rows[0]))
    for row in rows:
        row.append(row[column])


def _rename_column(rows: Rows, random: Random) -> None:
    rows[0][random.randrange(len(rows[0]))] = random.choice(CELLS)


def _repeat_rows(rows: Rows, random: Random) -> None:
    row = random.randrange(1, len(rows))
    rows += [list(rows[row]) for _ in range(random.choice((1, 2, 3000)))]


def _drop_rows(rows: Rows, random: Random) -> None:
    row = random.randrange(1, len(rows))
    del rows[row : row + random.choice((1, 3, len(rows)))]


def _swap_cells(rows: Rows, random: Random) -> None:
    (first, second), column = random.choices(rows, k=2), random.randrange(len(rows[0]))
    first[column], second[column] = second[column], first[column]


def _change_width(rows: Rows, random: Random) -> None:
    row = random.choice(rows)
    row[:] = row * 2 if random.randrange(2) else row[:-1]


def _fill_column(rows: Rows, random: Random) -> None:
    column, cell = random.randrange(len(rows[0])), random.choice(CELLS)
    for row in rows[1:]:
        row[column] = cell


def _replace_cells(rows: Rows, random: Random) -> None:
    for row in random.choices(rows[1:], k=random.choice((1, 1, 3))):
        row[random.randrange(len(row))] = random.choice(CELLS)
