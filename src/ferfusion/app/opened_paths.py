"""Files and folders of this machine, opened by their paths."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

from ferfusion.app.home import new_id, read_json
from ferfusion.app.jobs import DONE, Job
from ferfusion.app.problems import Problem
from ferfusion.app.state import AppState
from ferfusion.app.uploads import Upload, source_of

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
    if results := written_results(real):
        return open_results(state, results)
    if (real / "project.json").is_file():
        return [state.label_projects.add(real)]
    if real.is_dir() and (real / "bundle.safetensors").is_file():
        return [{**state.models.add(real).row(), "kind": "model"}]
    found = state.standby.ask("list_files", path=str(real), most=_MOST_FILES)
    known = {upload.path: upload for upload in state.uploads.all() if not upload.is_copy}
    return [
        (known.get(path) or keep_known(state, state.uploads.open_path(Path(path)))).row()
        for path in found["files"]
    ]


def keep_known(state: AppState, upload: Upload) -> Upload:
    """Find out what an upload is, and keep its row."""
    try:
        found = state.standby.ask("probe", path=upload.path)
        kept = replace(upload, source=source_of(Path(upload.path)))
        known = replace(kept, kind=found["kind"], reason=found["reason"])
    except Problem as problem:
        known = replace(upload, reason=str(problem))
    return state.uploads.keep(known)


def written_results(folder: Path) -> list[tuple[Path, str]]:
    """Return the folders of the results in a folder of predictions, each with the path of its video.

    Args:
        folder: A folder that ``predict`` has written, with ``videos.csv``, or that of one video.
    """
    if (folder / "verdict.json").is_file() and not (folder / "videos.csv").is_file():
        return [(folder, _sources(folder.parent).get(folder.name, ""))]
    places = _sources(folder)
    return [
        (folder / name, video)
        for name, video in places.items()
        if Path(name).name == name and (folder / name / "verdict.json").is_file()
    ][:_MOST_FILES]


def open_results(state: AppState, results: list[tuple[Path, str]]) -> list[dict[str, Any]]:
    """Add results that were made elsewhere to the list, as jobs that are done; their files stay there."""
    known = {job.folder: job for job in state.queue.all()}
    new = [_done(folder, video) for folder, video in results if str(folder) not in known]
    state.queue.add(new)
    jobs = [*new, *(known[str(folder)] for folder, _ in results if str(folder) in known)]
    return [{"id": job.id, "job": job.id, "name": job.name, "kind": "result"} for job in jobs]


def _done(folder: Path, video: str) -> Job:
    record = read_json(folder / "verdict.json") or {}
    source = Path(video)
    job_id = new_id()
    return Job(
        id=job_id,
        name=str(record.get("video") or folder.name),
        kind="photographs" if (folder / "photographs.csv").is_file() else "video",
        state=DONE,
        inputs=(video,) if video else (),
        model=str(record.get("model", "")),
        progress=1.0,
        results=(job_id,),
        folder=str(folder),
        source=source_of(source) if source.is_file() else "",
    )


def _sources(folder: Path) -> dict[str, str]:
    """Return the paths of the videos of a folder of predictions by the names of their folders."""
    try:
        with (folder / "videos.csv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if not {"folder", "video", "status"} <= set(rows.fieldnames or ()):
                return {}
            return {row["folder"]: row["video"] for row in rows if row["folder"] and row["video"]}
    except (OSError, ValueError, csv.Error):
        return {}
