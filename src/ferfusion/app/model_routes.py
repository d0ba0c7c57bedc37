"""Routes of models, and of predictions that are answered at once: ``/api/v1/models``, ``/api/v1/predict``."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ferfusion.app.opened_paths import allowed_path
from ferfusion.app.problems import Problem
from ferfusion.app.state import AppState
from ferfusion.app.upload_routes import body_of
from ferfusion.app.uploads import Uploads

MOST_BYTES_AT_ONCE = 64_000_000
MOST_SECONDS_AT_ONCE = 30.0
_PATIENCE_SECONDS = 90.0
_SUFFIX_OF_START = ((b"\xff\xd8", ".jpg"), (b"\x89PNG", ".png"), (b"RIFF", ".webp"), (b"BM", ".bmp"))


class ModelBody(BaseModel):
    """A model to add: by its path on this machine, or an upload."""

    path: str | None = Field(None, min_length=1, max_length=4096)
    upload: str | None = None


def model_routes(state: AppState) -> APIRouter:
    """Return the routes of models."""
    routes = APIRouter(tags=["models"])

    @routes.get("/models")
    def list_models() -> list[dict[str, Any]]:
        """List the models; the first comes with ferfusion."""
        return [model.row() for model in state.models.all()]

    @routes.post("/models", status_code=201)
    def add_model(body: ModelBody) -> dict[str, Any]:
        """Add a run folder, a bundle or an ONNX file, by its path or as an upload."""
        if body.upload is not None:
            return state.models.add(Path(state.uploads.get(body.upload).path)).row()
        if body.path is None:
            raise Problem(422, "A model needs a path on this machine, or the id of an upload")
        return state.models.add(allowed_path(state, Path(body.path))).row()

    @routes.post("/predict", tags=["predict"])
    async def predict_at_once(
        request: Request, model: str | None = None, name: str = "", actions: bool = False
    ) -> dict[str, Any]:
        """Predict the photograph or short clip of the body, and answer with the verdicts."""
        chosen = await asyncio.to_thread(state.models.path_of, model)
        uploads = Uploads(state.home, limit_bytes=min(MOST_BYTES_AT_ONCE, state.settings.upload_bytes))
        upload = await uploads.receive(name or "sent", body_of(request))
        path = Path(upload.path)
        try:
            path = _with_suffix(path)
            return await asyncio.to_thread(
                state.standby.ask,
                "predict",
                seconds=_PATIENCE_SECONDS,
                path=str(path),
                model=chosen,
                most_seconds=MOST_SECONDS_AT_ONCE,
                actions=actions,
            )
        finally:
            shutil.rmtree(path.parent, ignore_errors=True)

    return routes


def _with_suffix(path: Path) -> Path:
    """Return the path of a file that has a suffix; one without is named after its first bytes."""
    if path.suffix:
        return path
    with path.open("rb") as file:
        start = file.read(8)
    suffix = next((each for begin, each in _SUFFIX_OF_START if start.startswith(begin)), ".mp4")
    return path.rename(path.with_suffix(suffix))
