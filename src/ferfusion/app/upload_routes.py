"""Routes of uploads: ``/api/v1/uploads``."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from ferfusion.app.opened_paths import keep_known, open_paths
from ferfusion.app.problems import Problem
from ferfusion.app.state import AppState

UPLOADS_AT_ONCE = 4
_CHUNK_SECONDS = 60.0
"""Longest time between two parts of an upload."""


class PathBody(BaseModel):
    """A file or folder of this machine."""

    path: str = Field(min_length=1, max_length=4096)


def upload_routes(state: AppState) -> APIRouter:
    """Return the routes of uploads."""
    routes = APIRouter(tags=["uploads"])
    at_once = asyncio.Semaphore(UPLOADS_AT_ONCE)

    @routes.get("/uploads")
    def list_uploads() -> list[dict[str, Any]]:
        """List the uploads, the oldest first."""
        return [upload.row() for upload in state.uploads.all()]

    @routes.post("/uploads", status_code=201)
    async def send_upload(request: Request, name: str = "file") -> dict[str, Any]:
        """Send a video, a photograph or a model file as the body of the request."""
        stated = request.headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > state.settings.upload_bytes:
            raise Problem(413, state.uploads.too_large())
        if at_once.locked():
            raise Problem(429, f"{UPLOADS_AT_ONCE} uploads are on their way; send this one after them")
        async with at_once:
            upload = await state.uploads.receive(name, body_of(request))
        return (await asyncio.to_thread(keep_known, state, upload)).row()

    @routes.post("/uploads/path", status_code=201)
    def open_path(body: PathBody) -> list[dict[str, Any]]:
        """Open a file or a folder of this machine, which is not copied."""
        return open_paths(state, Path(body.path))

    @routes.delete("/uploads/{upload_id}")
    def remove_upload(upload_id: str) -> dict[str, Any]:
        """Remove an upload; a file that was opened by its path stays where it is."""
        users = [job.name for job in state.queue.all() if upload_id in job.uploads]
        if users:
            raise Problem(409, f"The job {users[0]} reads this upload; remove the job before")
        return {"removed": [upload_id], "bytes": state.uploads.remove(upload_id)}

    return routes


async def body_of(request: Request, *, chunk_seconds: float = _CHUNK_SECONDS) -> AsyncIterator[bytes]:
    """Yield the parts of a body.

    Raises:
        Problem: the sender is too slow, or has gone.
    """
    parts = request.stream().__aiter__()
    while True:
        try:
            yield await asyncio.wait_for(anext(parts), chunk_seconds)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Problem(
                408, f"No byte came within {chunk_seconds:g} seconds; send the file again"
            ) from None
        except ClientDisconnect:
            raise Problem(400, "The file was not sent to its end; send it again") from None
