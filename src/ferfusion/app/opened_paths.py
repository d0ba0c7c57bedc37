"""Files and folders of this machine, opened by their paths."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ferfusion.app.problems import Problem
from ferfusion.app.state import AppState
from ferfusion.app.uploads import Upload

_MOST_FILES = 1_000


def allowed_path(state: AppState, path: Path) -> Path:
    """Return the real path of a file or folder that may be opened.

    Raises:
        Problem: it is outside of the folders that may be opened, or does not exist.
    """
    try:
        real = path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        real = None
    roots = state.settings.roots
    if roots is not None and (real is None or not any(real.is_relative_to(root) for root in roots)):
        places = ", ".join(map(str, roots)) or "none"
        raise Problem(403, f"{path} is outside of the folders that this app may open: {places}")
    if real is None:
        raise Problem(404, f"There is no file or folder {path} on the machine that runs the app")
    if not path.expanduser().is_absolute():
        raise Problem(
            400, f"{path} is not a whole path; name one that begins at the root, such as /data/a.mp4"
        )
    return real


def open_paths(state: AppState, path: Path) -> list[dict[str, Any]]:
    """Open a file or all videos and photographs of a folder; return a row for each.

    Raises:
        Problem: it cannot be opened, or a folder has nothing to read.
    """
    real = allowed_path(state, path)
    found = state.standby.ask("list_files", path=str(real), most=_MOST_FILES)
    return [_opened(state, Path(one)).row() for one in found["files"]]


def _opened(state: AppState, path: Path) -> Upload:
    for upload in state.uploads.all():
        if not upload.is_copy and upload.path == str(path):
            return upload
    return keep_known(state, state.uploads.open_path(path))


def keep_known(state: AppState, upload: Upload) -> Upload:
    """Find out what an upload is, and keep its row."""
    try:
        found = state.standby.ask("probe", path=upload.path)
        known = replace(upload, kind=found["kind"], reason=found["reason"])
    except Problem as problem:
        known = replace(upload, reason=str(problem))
    return state.uploads.keep(known)
