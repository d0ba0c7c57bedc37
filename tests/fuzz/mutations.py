"""Seeded mutations that every kind of file can use."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

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
