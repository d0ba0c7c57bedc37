"""Results as the page reads them: the faces with their verdicts, and what a person says about the faces."""

import shutil
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import ferfusion as fer
from ferfusion.app.home import read_json, time_of, write_json
from ferfusion.app.jobs import Job
from ferfusion.app.problems import Problem
from ferfusion.app.timeline import Timelines

FACES_FILE, CHANGED_FOLDER = "faces.json", "changed"
_MOST_OPEN = 3
"""Predictions that are kept in memory; an hour of video takes about 40 MB."""
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Reading:
    """A prediction of a video, open to be read."""

    seen: "fer.WrittenPrediction"
    timelines: Timelines


class Readings:
    """Opens results, and keeps the last ones open."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[Any, ...], Reading] = OrderedDict()
        self._lock = Lock()

    def of(self, job: Job, folder: Path) -> Reading:
        """Return the reading of a job's result.

        Args:
            job: The job.
            folder: Folder of the job, with what a person says about the faces.
        """
        files = (Path(job.folder) / "verdict.json", folder / FACES_FILE)
        key = (job.id, *map(time_of, files))
        with self._lock:
            if key not in self._open:
                seen = fer.read_prediction(job.folder)
                changes = changes_of(folder)
                seen = seen.with_changes(**changes) if any(changes.values()) else seen
                self._open[key] = Reading(seen, Timelines(seen))
            self._open.move_to_end(key)
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
            return self._open[key]


def changes_of(folder: Path) -> dict[str, Any]:
    """Return what a person says about the faces of a result, as arguments of ``with_changes``."""
    kept = read_json(folder / FACES_FILE) or {}
    return {
        "names": {int(face): str(name) for face, name in kept.get("names", {}).items()},
        "left_out": {int(face) for face in kept.get("left_out", [])},
        "joined": {int(face): int(other) for face, other in kept.get("joined", {}).items()},
    }


def change_face(job: Job, folder: Path, face: int, said: Mapping[str, Any]) -> None:
    """Keep what a person says about a face, and write the tables that follow from it.

    Args:
        job: The job of the result.
        folder: Folder of the job.
        face: Number of the face.
        said: ``name``, ``left_out``, and ``join``: another face that is this one, or None to part all.

    Raises:
        Problem: a face is unknown, or two joined faces are in view at the same time.
    """
    changes = changes_of(folder)
    if said.get("name") is not None:
        changes["names"][face] = str(said["name"]).strip()[:_LONGEST_NAME]
    if said.get("left_out") is not None:
        (changes["left_out"].add if said["left_out"] else changes["left_out"].discard)(face)
    if "join" in said:
        changes["joined"] = _joined(changes["joined"], face, said["join"])
    try:
        seen = fer.read_prediction(job.folder).with_changes(**changes)
    except fer.ConfigError as error:
        raise Problem(409, str(error)) from error
    new = folder / f".{CHANGED_FOLDER}"
    shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(folder / CHANGED_FOLDER, ignore_errors=True)
    if seen.changes:
        seen.save_tables(new)
        new.replace(folder / CHANGED_FOLDER)
    write_json(folder / FACES_FILE, seen.changes.to_dict())


def _joined(joined: dict[int, int], face: int, other: int | None) -> dict[int, int]:
    """Return which faces are which, after another face was joined with a face, or all were parted from it."""
    if other is None:
        return {one: owner for one, owner in joined.items() if face not in (one, owner)}
    if other == face:
        raise Problem(409, f"Face {face} is joined with another face, not with itself")
    owner = joined.get(face, face)
    moved = {one: owner if of in (other, owner) else of for one, of in joined.items() if one != owner}
    return {**moved, other: owner}


def result_row(job: Job, reading: Reading, video: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a video's result."""
    seen, timelines = reading.seen, reading.timelines
    start, end = timelines.span
    has_annotated = (Path(job.folder) / "annotated.mp4").is_file()
    return {
        "id": job.id,
        "job": job.id,
        "kind": "video",
        "name": job.name,
        "source": job.source,
        "inputs": list(job.uploads),
        "model": seen.record["model"],
        "classes": list(seen.labels.names),
        "unsure": seen.unsure,
        "colours": seen.colours,
        "span": [start, end],
        "video": {
            "width": video.get("width", 0),
            "height": video.get("height", 0),
            "fps": seen.record.get("frames_per_second", 0.0),
            "seconds": end,
            "frames": len(timelines.frame_seconds),
        },
        "faces": _faces(reading),
        "reading": _sentences(seen.statement),
        "caution": seen.record.get("caution", ""),
        "recipe": seen.record.get("predict_recipe_in_words", ""),
        "uncertainty_method": seen.record.get("uncertainty_method", ""),
        "apex": _apexes(seen),
        "actions": seen.has_actions,
        "has_source": bool(job.inputs) and Path(job.inputs[0]).is_file(),
        "has_annotated": has_annotated,
    }


def photographs_row(job: Job) -> dict[str, Any]:
    """Return what the page shows of the result of photographs."""
    record = read_json(Path(job.folder) / "verdict.json") or {}
    faces = [face for face in record.get("faces", []) if isinstance(face, dict)]
    names = list(dict.fromkeys(str(face.get("photograph", "")) for face in faces))
    return {
        "id": job.id,
        "job": job.id,
        "kind": "photographs",
        "name": job.name,
        "source": job.source,
        "inputs": list(job.uploads),
        "model": record.get("model", ""),
        "caution": record.get("caution", ""),
        "classes": list(faces[0].get("probabilities", {})) if faces else [],
        "reading": [f"Photographs: {record.get('photographs', 0)}; faces: {len(faces)}."],
        "photographs": [
            {"name": name, "faces": [face for face in faces if face.get("photograph") == name]}
            for name in names
        ],
        "faces": [],
        "apex": [],
        "actions": False,
    }


def _faces(reading: Reading) -> list[dict[str, Any]]:
    seen, rows = reading.seen, []
    for verdict in seen.verdicts:
        face = verdict.face
        rows.append(
            {
                "face": face,
                "name": seen.changes.names.get(face, ""),
                "left_out": face in seen.changes.left_out,
                "joined": sorted(one for one, owner in seen.changes.joined.items() if owner == face),
                "verdict": asdict(verdict),
                "seen": reading.timelines.seen_between(face),
                "frames": verdict.frames,
            }
        )
    return rows


def _apexes(seen: "fer.WrittenPrediction") -> list[dict[str, Any]]:
    rows = seen.apex_frames().to_dict("records")
    return [
        {
            "face": int(row["face"]),
            "seconds": float(row["seconds"]),
            "frame": int(row["frame"]),
            "expression": str(row["expression"]),
            "probability": round(float(row["probability"]), 4),
            "actions": seen.strongest_actions(int(row["face"]), float(row["seconds"]))
            if seen.has_actions
            else [],
        }
        for row in rows
    ]


def _sentences(statement: str) -> list[str]:
    """Return the sentences of a statement.

    >>> _sentences("Face 0 displays Fear (mean probability 0.62). 2 more faces are in the table.")
    ['Face 0 displays Fear (mean probability 0.62).', '2 more faces are in the table.']
    """
    return [f"{part.rstrip('.')}." for part in statement.split(". ") if part]
