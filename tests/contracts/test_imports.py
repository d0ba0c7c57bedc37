"""The order of the house: who may import whom, read from the sources themselves."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec, resolve_name
from pathlib import Path

import pytest

ORDER = (
    ("cli",),
    ("app",),
    ("api",),
    ("installation",),
    ("tabulation",),
    ("inference",),
    ("exchange",),
    ("curation", "labelling"),
    ("studies",),
    ("training",),
    ("explanation",),
    ("bundle",),
    ("evaluation",),
    ("models",),
    ("data",),
    ("splits",),
    ("preparation",),
    ("corpora",),
    ("synthesis",),
    ("actions",),
    ("faces", "flow", "video", "reporting"),
    ("engines", "progress", "tables"),
    ("addresses",),
    ("compute", "environment", "files", "outputs"),
    (
        "encodings",
        "label_set",
        "errors",
        "lookup",
        "extras",
        "parts",
        "recipe",
        "spelling",
        "temporary",
        "urls",
    ),
)
"""Rooms from the top of the house down; those of one line stand side by side."""
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
PACKAGE = Path(find_spec("ferfusion").submodule_search_locations[0])
FILES = sorted(PACKAGE.rglob("*.py"))
PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
HEAVY = ("av", "cv2", "lightning", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "torch")


def module_name(path):
    parts = ("ferfusion", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path):
    """Names of this package's modules that a file imports, anywhere in it."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "ferfusion")
        elif isinstance(node, ast.ImportFrom):
            base = (
                resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module
            )
            if base == "ferfusion":
                yield from (f"ferfusion.{alias.name}" for alias in node.names)
            elif base.startswith("ferfusion."):
                yield base


def room_of(module):
    """The room of a module; the package itself has none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and not parts[1].startswith("__") else None


def edges():
    """Which room imports which, and where."""
    found = defaultdict(list)
    for path in FILES:
        here = room_of(module_name(path))
        for module in imported_modules(path):
            there = room_of(module)
            if here and there and here != there:
                found[here, there].append(path.relative_to(PACKAGE).as_posix())
    return found


def test_every_room_has_its_place_in_the_order():
    rooms = {room_of(module_name(path)) for path in FILES} - {None}
    assert rooms <= set(LEVEL)


def test_architecture_page_lists_every_room_in_this_order():
    tree = PAGE.read_text(encoding="utf-8").split("\nsrc/ferfusion/\n")[1].split("\nexamples/")[0]
    rooms = [name for name in re.findall(r"(\w+)(?:/|\.py)(?=\s)", tree) if name in LEVEL]
    assert sorted(rooms) == sorted(LEVEL)
    assert rooms == sorted(rooms, key=LEVEL.__getitem__)


def test_imports_go_downward_only():
    upward = {pair: files for pair, files in edges().items() if LEVEL[pair[0]] > LEVEL[pair[1]]}
    assert upward == {}


def test_no_room_is_behind_itself():
    graph = defaultdict(set)
    for here, there in edges():
        graph[here].add(there)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"rooms in a ring: {' imports '.join(error.args[1])}")


def loaded_by(statement):
    code = f"{statement}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ["corpora", "preparation", "splits", "evaluation", "reporting"])
def test_rooms_that_need_no_torch_import_none(room):
    modules = [module_name(path) for path in FILES if room_of(module_name(path)) == room]
    assert len(modules) > 1
    assert "torch" not in loaded_by(f"import {', '.join(modules)}")


@pytest.mark.parametrize("module", ["ferfusion", "ferfusion.errors", "ferfusion.cli"])
def test_the_package_is_light(module):
    assert loaded_by(f"import {module}").isdisjoint(HEAVY)


OPEN_TO_THE_COMMAND_LINE = {"ferfusion", "ferfusion.__version__", "ferfusion.errors", "ferfusion.progress"}
"""What a command may import: the front door and value types."""
OPEN_TO_THE_APP = {"ferfusion", "ferfusion.errors", "ferfusion.extras"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.stem)
def test_the_command_line_uses_the_front_door_and_nothing_deeper(path):
    own = ("ferfusion.cli", "ferfusion.app.") if path.stem == "app" else ("ferfusion.cli",)
    used = {name for name in imported_modules(path) if not name.startswith(own)}
    assert used <= OPEN_TO_THE_COMMAND_LINE


@pytest.mark.parametrize("path", sorted((PACKAGE / "app").glob("*.py")), ids=lambda path: path.stem)
def test_the_app_uses_the_front_door_and_nothing_deeper(path):
    used = {name for name in imported_modules(path) if not name.startswith("ferfusion.app")}
    assert used <= OPEN_TO_THE_APP


def test_help_of_every_command_waits_for_no_heavy_package():
    code = """
import contextlib, io
from ferfusion.cli import COMMANDS, build_app
for words in [[], *([command] for command in COMMANDS)]:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
        build_app(*words).meta([*words, "--help"])
    assert "Usage: " in shown.getvalue(), words
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()).isdisjoint(HEAVY)


def test_no_room_for_odds_and_ends():
    assert [path.name for path in FILES if path.stem in ("utils", "util", "helpers", "common", "misc")] == []


def handlers(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            yield node


def caught_names(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {kind.id for kind in kinds if isinstance(kind, ast.Name)} if handler.type else {"everything"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_catches_what_it_does_not_know_or_grows_too_long(path):
    for handler in handlers(path):
        caught = caught_names(handler) & {"everything", "Exception", "BaseException"}
        raised_again = any(isinstance(node, ast.Raise) and node.exc is None for node in handler.body)
        assert not caught or (caught == {"BaseException"} and raised_again), f"line {handler.lineno}"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_unit_tests_mirror_the_modules():
    unit = Path(__file__).parents[1] / "unit"
    modules = [path.relative_to(PACKAGE) for path in FILES if not path.name.startswith("__")]
    missing = [
        module.as_posix()
        for module in modules
        if not (unit / module.parent / f"test_{module.name}").is_file()
    ]
    assert missing == []
