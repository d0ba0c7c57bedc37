"""The drawing of the rooms is that of the imports."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MAKE = runpy.run_path(str(DOCS / "make_rooms.py"))


def test_rooms_drawing_is_that_of_the_imports():
    drawn = (DOCS / "images" / "rooms.svg").read_text(encoding="utf-8")
    assert drawn == MAKE["drawing"](), "run: python docs/make_rooms.py"


def test_rooms_drawing_leaves_out_arrows_that_follow_from_others():
    graph = {"a": frozenset("bcd"), "b": frozenset("c"), "c": frozenset(), "d": frozenset()}
    assert MAKE["reduced"](graph) == {"a": frozenset("bd"), "b": frozenset("c"), "c": set(), "d": set()}
    assert MAKE["heights"](graph) == {"a": 2, "b": 1, "c": 0, "d": 0}


def test_rooms_drawing_has_every_room_and_arrows_that_go_down():
    graph = MAKE["imports"]()
    text = MAKE["drawing"]()
    assert all(f">{room}/<" in text or f">{room}.py<" in text for room in graph)
    rows = MAKE["heights"](graph)
    assert all(rows[here] > rows[there] for here, below in graph.items() for there in below)
