"""A page of docs/ that says how to add an item, followed to the letter in a copy of the source."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r'^```(python|diff) title="([^"]+)"\n(.*?)^```$', re.M | re.S)
COMMAND = re.compile(r"^    pytest (.+)$", re.M)


def follow(page: str, copy: Path) -> subprocess.CompletedProcess[str]:
    """Write and change the files that a page names, in a copy of the source, and run its command."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    copy_source(copy)
    for kind, name, content in BLOCK.findall(text):
        place = copy / name
        if kind == "python":
            assert not place.exists(), f"{name} is there already"
            place.write_text(content, encoding="utf-8")
        else:
            assert place.is_file(), f"there is no {name}"
            place.write_text(changed(place.read_text(encoding="utf-8"), content), encoding="utf-8")
    [command] = COMMAND.findall(text)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (copy / "src", copy / "tests")))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *shlex.split(command)],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def copy_source(copy: Path) -> None:
    """Copy the code; the videos of the sample and the shipped weights are links."""
    package = ROOT / "src" / "ferfusion"
    linked = ("sample", "shipped")
    shutil.copytree(
        package, copy / "src" / "ferfusion", ignore=shutil.ignore_patterns("__pycache__", *linked)
    )
    for name in linked:
        (copy / "src" / "ferfusion" / name).symlink_to(package / name)
    shutil.copytree(ROOT / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy / name)


def changed(text: str, diff: str) -> str:
    """Return a text with the lines of a diff exchanged; the old ones must be there once.

    >>> print(changed("a\\nb\\n", " a\\n-b\\n+c\\n"), end="")
    a
    c
    """
    lines = diff.splitlines(keepends=True)
    assert all(line[0] in " +-" for line in lines), diff
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    assert text.count(old) == 1, f"{text.count(old)} times in the file:\n{old}"
    return text.replace(old, new)
