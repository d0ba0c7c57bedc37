"""The label projects that the app has opened, by the paths of their folders."""

import hashlib
from pathlib import Path
from threading import Lock
from typing import Any

import ferfusion as fer
from ferfusion.app.home import Home, read_json, write_json
from ferfusion.app.problems import Problem
from ferfusion.errors import FerfusionError


class LabelProjects:
    """The list of label projects of a home; what is in them is in their own folders.

    Args:
        home: The app's home.
    """

    def __init__(self, home: Home) -> None:
        self._file, self._lock = home.label_projects_file, Lock()

    def all(self) -> list[dict[str, Any]]:
        """Return the projects whose folders are still there, the last one first."""
        rows = []
        for path in reversed(self._paths()):
            try:
                rows.append(self.row(fer.labels(path)))
            except FerfusionError:  # it was moved or removed
                continue
        return rows

    def get(self, project_id: str) -> "fer.Labels":
        """Return a project.

        Raises:
            Problem: there is none of this id.
        """
        for path in self._paths():
            if id_of(Path(path)) == project_id:
                return fer.labels(path)
        raise Problem(404, f"There is no label project {project_id}; GET /api/v1/labels lists them")

    def add(self, folder: Path) -> dict[str, Any]:
        """Add a project to the list, and return its row.

        Raises:
            FerfusionError: the folder is no label project.
        """
        row = self.row(fer.labels(folder))  # one that cannot be read is not kept
        with self._lock:
            others = [path for path in self._paths() if path != str(folder)]
            write_json(self._file, {"projects": [*others, str(folder)]})
        return row

    def forget(self, project_id: str) -> None:
        """Take a project from the list; its folder stays.

        Raises:
            Problem: there is none of this id.
        """
        with self._lock:
            paths = self._paths()
            others = [path for path in paths if id_of(Path(path)) != project_id]
            if others == paths:
                raise Problem(404, f"There is no label project {project_id}; GET /api/v1/labels lists them")
            write_json(self._file, {"projects": others})

    def row(self, labels: "fer.Labels") -> dict[str, Any]:
        """Return what the list shows of a project."""
        return {
            "id": id_of(labels.folder),
            "kind": "labels",
            "name": labels.folder.name,
            "path": str(labels.folder),
            "classes": list(labels.classes),
            "marks": labels.marks,
            "intensities": labels.intensities,
            "items": len(labels.items),
            "raters": labels.progress.to_dict("records"),
        }

    def _paths(self) -> list[str]:
        paths: list[str] = (read_json(self._file) or {}).get("projects", [])
        return paths


def id_of(folder: Path) -> str:
    """Return the id of a project."""
    return hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
