"""Short names of models, all different, for tables, pages and files."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ferfusion.files import printable

_WITHOUT_MEANING = frozenset({"bundle", "model"})
_NOT_IN_FILES = str.maketrans(dict.fromkeys('\\/:*?"<>|', "-"))


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each model: of its file or run folder, and of folders above it where two are equal.

    Args:
        paths: Run folders and model files, all different.

    >>> distinct_names([Path("runs/a/bundle.safetensors"), Path("b.onnx"), Path("old/b.safetensors")])
    ['a', 'b', 'old-b']
    >>> distinct_names([Path("x/run"), Path("y/run")])
    ['x-run', 'y-run']
    """
    words = [_words(path) for path in paths]
    uses = Counter("/".join(each).casefold() for each in words)
    lengths = [1] * len(paths)
    for place, path in enumerate(paths):  # a run folder and the bundle in it
        if uses["/".join(words[place]).casefold()] > 1 and path.stem.casefold() in _WITHOUT_MEANING:
            words[place].append(path.stem)
            lengths[place] = 2
    while True:
        names = ["-".join(each[-length:]) for each, length in zip(words, lengths, strict=True)]
        uses = Counter(name.casefold() for name in names)  # some file systems ignore the case
        short = [
            place
            for place, name in enumerate(names)
            if uses[name.casefold()] > 1 and lengths[place] < len(words[place])
        ]
        if not short:
            return _numbered(names)
        for place in short:
            lengths[place] += 1


def _words(path: Path) -> list[str]:
    """Return the parts of a path that can be in a name, the one that tells most last."""
    stem = path.stem if path.suffix.lower() in (".safetensors", ".onnx") else path.name
    parts = [part for part in path.parts[:-1] if part not in (path.anchor, "..", ".")]
    if stem.casefold() not in _WITHOUT_MEANING or not parts:
        parts.append(stem)
    return [printable(part).translate(_NOT_IN_FILES) for part in parts]


def _numbered(names: Sequence[str]) -> list[str]:
    """Return the names, with a number after each that is the same as an earlier one."""
    found: list[str] = []
    for name in names:
        choices = (name, *(f"{name}-{number}" for number in range(2, len(names) + 2)))
        taken = {one.casefold() for one in found}
        found.append(next(one for one in choices if one.casefold() not in taken))
    return found
