"""Draw docs/images/rooms.svg: the rooms of src/ferfusion and who imports whom, read from the imports.

An arrow goes from a room to one that it imports. An arrow that follows from others is left out: if a imports
b and b imports c, that a imports c too is not drawn. The rooms at the bottom may be imported by all others.
"""

import html
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from contracts.test_imports import FILES, ORDER, PACKAGE, edges, imported_modules, module_name, room_of  # noqa: E402

FOR_ALL = ("engines", "progress", "tables")
"""The rooms of this line of ORDER and of those below it have no arrows."""
BOX, GAP, ROW, BEND = (132, 32), 24, 72, 16
Graph = Mapping[str, frozenset[str]]
Node = tuple[str, ...]
"""A room, or the place where an arrow from a room to another crosses a row: (room,) or (from, to, row)."""


def imports() -> Graph:
    """Return which rooms each room imports, without the rooms for all; the front door is api."""
    first_for_all = ORDER.index(FOR_ALL)
    rooms = [room for line in ORDER[:first_for_all] for room in line]
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for here, there in edges():
        if here in found and there in found:
            found[here].add(there)
    for path in FILES:
        here = room_of(module_name(path))
        if here in ("cli", "app") and here in found and "ferfusion" in imported_modules(path):
            found[here].add("api")
    return {room: frozenset(names) for room, names in found.items()}


def reached(graph: Graph, room: str) -> frozenset[str]:
    """Return all rooms below a room.

    >>> sorted(reached({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset()}, "a"))
    ['b', 'c']
    """
    return frozenset({below for each in graph[room] for below in (each, *reached(graph, each))})


def reduced(graph: Graph) -> Graph:
    """Return the imports that do not follow from others.

    >>> sorted(reduced({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()})["a"])
    ['b']
    """
    return {
        room: frozenset(each for each in below if not any(each in reached(graph, other) for other in below))
        for room, below in graph.items()
    }


def heights(graph: Graph) -> dict[str, int]:
    """Return the row of each room, from 0 at the bottom: one above the highest room that it imports."""

    def height(room: str) -> int:
        return 1 + max((height(each) for each in graph[room]), default=-1)

    return {room: height(room) for room in graph}


def rows_of(graph: Graph) -> tuple[list[list[Node]], dict[Node, list[Node]]]:
    """Return the nodes of each row, from the top down and with few crossings, and who is below whom."""
    row_of = heights(graph)
    rows: dict[int, list[Node]] = defaultdict(list)
    below: dict[Node, list[Node]] = defaultdict(list)
    for room in sorted(graph, key=lambda name: (-row_of[name], name)):
        rows[row_of[room]].append((room,))
    for room in sorted(graph):
        for target in sorted(graph[room]):
            node: Node = (room,)
            for row in range(row_of[room] - 1, row_of[target], -1):
                bend = (room, target, str(row))
                rows[row].append(bend)
                below[node].append(bend)
                node = bend
            below[node].append((target,))
    ordered = [rows[row] for row in sorted(rows, reverse=True)]
    for _ in range(12):
        _order(ordered, below)
    return ordered, below


def _order(rows: list[list[Node]], below: Mapping[Node, list[Node]]) -> None:
    """Order each row by the mean place of the nodes above it, then by those below."""
    above: dict[Node, list[Node]] = defaultdict(list)
    for node, targets in below.items():
        for target in targets:
            above[target].append(node)
    for neighbours, sequence in ((above, rows), (below, rows[::-1])):
        place: dict[Node, float] = {}
        for row in sequence:
            keys = {
                node: _mean([place[each] for each in neighbours.get(node, ())], (index + 0.5) / len(row))
                for index, node in enumerate(row)
            }
            row.sort(key=keys.__getitem__)
            place |= {node: (index + 0.5) / len(row) for index, node in enumerate(row)}


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def positions(rows: list[list[Node]]) -> tuple[dict[Node, tuple[float, float]], float]:
    """Return the centre of each node, and the width of the drawing, in pixels."""
    widths = [sum(_width(node) for node in row) + GAP * (len(row) - 1) for row in rows]
    total = max(widths) + 2 * GAP
    places = {}
    for index, (row, width) in enumerate(zip(rows, widths, strict=True)):
        left = (total - width) / 2
        for node in row:
            places[node] = (left + _width(node) / 2, GAP + BOX[1] / 2 + index * ROW)
            left += _width(node) + GAP
    return places, total


def _width(node: Node) -> int:
    return BOX[0] if len(node) == 1 else BEND


def drawing() -> str:
    """Return the SVG."""
    graph = reduced(imports())
    rows, below = rows_of(graph)
    places, width = positions(rows)
    arrows = [_arrow(node, below, places) for node in sorted(places) if len(node) == 1]
    boxes = [_box(node[0], *places[node]) for node in sorted(places) if len(node) == 1]
    top = GAP + len(rows) * ROW
    floor, height = _floor(top, width)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            'font-family="system-ui, sans-serif" role="img">',
            "<title>The rooms of ferfusion: an arrow goes from a room to one that it imports</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0L8 4L0 8z" fill="#5c6b8a"/></marker></defs>',
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
            *(line for lines in arrows for line in lines),
            *boxes,
            *floor,
            "</svg>\n",
        ]
    )


def _arrow(
    node: Node, below: Mapping[Node, list[Node]], places: Mapping[Node, tuple[float, float]]
) -> list[str]:
    lines = []
    for first in below.get(node, ()):
        (x, y), here = places[node], first
        y += BOX[1] / 2
        path = f"M{x:.0f} {y:.0f}"
        while True:
            to_x, to_y = places[here]
            ends = len(here) == 1
            to_y -= BOX[1] / 2 if ends else 0
            middle = (y + to_y) / 2
            path += f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
            if ends:
                break
            x, y, [here] = to_x, to_y, below[here]
        lines.append(f'<path d="{path}" fill="none" stroke="#5c6b8a" marker-end="url(#tip)"/>')
    return lines


def _box(room: str, x: float, y: float) -> str:
    width, height = BOX
    fill = "#ffe3d3" if room in ("cli", "app", "api") else "#e3e9fb"
    name = html.escape(room) + ("/" if (PACKAGE / room).is_dir() else ".py")
    return (
        f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width}" height="{height}" rx="6" '
        f'fill="{fill}" stroke="#5c6b8a"/><text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" '
        f'font-size="14" font-weight="600" fill="#1c2333">{name}</text>'
    )


def _floor(top: float, width: float) -> tuple[list[str], float]:
    """Return the rooms that all others may import, a line of ORDER each, and the height of the drawing."""
    lines = ORDER[ORDER.index(FOR_ALL) :]
    height = 34 + 20 * len(lines)
    texts = [
        f'<text x="{width / 2:.0f}" y="{top + 42 + 20 * index:.0f}" text-anchor="middle" font-size="12" '
        f'fill="#1c2333">{"  ·  ".join(sorted(line))}</text>'
        for index, line in enumerate(lines)
    ]
    return [
        f'<rect x="{GAP}" y="{top:.0f}" width="{width - 2 * GAP:.0f}" height="{height}" rx="6" '
        'fill="#eef1f4" stroke="#5c6b8a"/>',
        f'<text x="{width / 2:.0f}" y="{top + 20:.0f}" text-anchor="middle" font-size="11" '
        'fill="#4a556e">all rooms above may import these; a line imports only lines below it</text>',
        *texts,
    ], top + height + GAP


if __name__ == "__main__":
    (HERE / "images" / "rooms.svg").write_text(drawing(), encoding="utf-8")
