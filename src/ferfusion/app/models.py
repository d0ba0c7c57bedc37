"""The models of the app: the one of the package, and those that the user adds by path or upload."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from ferfusion.app.home import Home, read_json, write_json
from ferfusion.app.problems import Problem
from ferfusion.app.standby import Standby

SHIPPED = "shipped"


@dataclass(frozen=True)
class ModelRow:
    """A model of the list.

    Attributes:
        id: Its id.
        path: Its path; empty for the model that comes with the package.
        facts: What it is: name, classes, architecture, size, metrics and so on.
    """

    id: str
    path: str
    facts: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """Return what the interface shows of it."""
        return {"id": self.id, "shipped": self.id == SHIPPED, "path": self.path or None, **self.facts}


class Models:
    """The models of a home.

    Args:
        home: The app's home.
        standby: The process that opens their files.
    """

    def __init__(self, home: Home, standby: Standby) -> None:
        self._home, self._standby, self._lock = home, standby, Lock()
        self._shipped: ModelRow | None = None

    def all(self) -> list[ModelRow]:
        """Return all models whose files are still there, the one of the package first."""
        kept = [ModelRow(**row) for row in self._kept() if Path(row["path"]).exists()]
        return [self._of_package(), *kept]

    def get(self, model_id: str | None) -> ModelRow:
        """Return a model; None is the one of the package.

        Raises:
            Problem: there is none of this id.
        """
        if model_id in (None, SHIPPED):
            return self._of_package()
        for row in self._kept():
            if row["id"] == model_id and Path(row["path"]).exists():
                return ModelRow(**row)
        raise Problem(404, f"There is no model {model_id}; GET /api/v1/models lists them")

    def path_of(self, model_id: str | None) -> str | None:
        """Return the path of a model; None for the one of the package, whose file is not opened for it.

        Raises:
            Problem: there is none of this id.
        """
        return None if model_id in (None, SHIPPED) else self.get(model_id).path

    def add(self, path: Path) -> ModelRow:
        """Add a model to the list; one that is there already is read again.

        Raises:
            Problem: the file is no model.
        """
        facts = self._standby.ask("model_facts", seconds=120.0, path=str(path))
        model = ModelRow(hashlib.sha256(str(path).encode()).hexdigest()[:16], str(path), facts)
        with self._lock:
            others = [row for row in self._kept() if row["id"] != model.id]
            rows = [*others, {"id": model.id, "path": model.path, "facts": facts}]
            write_json(self._home.models_file, {"models": rows})
        return model

    def _kept(self) -> list[dict[str, Any]]:
        rows = (read_json(self._home.models_file) or {}).get("models", [])
        return [row for row in rows if isinstance(row, dict) and set(row) == {"id", "path", "facts"}]

    def _of_package(self) -> ModelRow:
        if self._shipped is None:
            self._shipped = ModelRow(SHIPPED, "", self._standby.ask("model_facts", seconds=120.0, path=None))
        return self._shipped
