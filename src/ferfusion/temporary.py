"""Names of files that are not whole yet, and of the locks of outputs."""

import os
import re
from pathlib import Path
from secrets import token_hex

LOCK = ".lock"
"""Name of the lock file of a folder, and the end of the name of that of a file."""
RESULT = "result"
"""Name of a folder in which a new result is written."""
LONGEST_NAME = 40
"""Characters of a file's name in its temporary name; a long name with more beside it could not be made."""
TEMPORARY = re.compile(r"\.(?P<name>.+)\.\d+-[0-9a-f]{8}\.partial(\.\w+)?")


def temporary_path(path: Path, *, suffix: str = "") -> Path:
    r"""Return a new name beside a file, of this process alone, to write the file under until it is whole.

    >>> re.sub(r"\d+-\w+", "PROCESS-RANDOM", temporary_path(Path("out/a.csv")).as_posix())
    'out/.a.csv.PROCESS-RANDOM.partial'
    """
    match = TEMPORARY.fullmatch(path.name)
    name = match["name"] if match else path.name
    return path.with_name(f".{name[:LONGEST_NAME]}.{os.getpid()}-{token_hex(4)}.partial{suffix}")


def final_path(path: Path) -> Path:
    """Return the path that a temporary file, or a file of a new result, gets when it is whole.

    That of a lock file is the path of its output.

    >>> final_path(Path("run/.result.12-0123abcd.partial/.a.csv.12-4567cdef.partial")).as_posix()
    'run/a.csv'
    """
    parts = []
    for part in path.parts:
        match = TEMPORARY.fullmatch(part)
        if match is None or match["name"] != RESULT:
            parts.append(match["name"] if match else part)
    found = Path(*parts)
    if is_lock(found):
        return found.parent
    return found.with_name(found.stem[1:]) if found.name.startswith(".") and found.suffix == LOCK else found


def is_lock(path: Path) -> bool:
    """Return whether a path has the name of a lock file."""
    return path.name == LOCK
