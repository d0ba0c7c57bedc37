"""Routes of the camera: ``/api/v1/camera``. No image is written to the disk."""

import asyncio
import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from ferfusion.app.state import AppState

_FIRST_SECONDS = 60.0
"""The first image waits for the model."""


def camera_routes(state: AppState) -> APIRouter:
    """Return the routes of the camera."""
    routes = APIRouter(tags=["camera"])

    @routes.post("/camera/{session}")
    async def read_image(
        session: str,
        request: Request,
        seconds: Annotated[float, Query(ge=0, le=1e7, allow_inf_nan=False)],
        model: str | None = None,
    ) -> dict[str, Any]:
        """Take an image of the camera as JPEG, and answer with the faces of the image before it.

        An image of another session ends the one before: the app reads one camera at a time.
        """
        chosen = await asyncio.to_thread(state.models.path_of, model)
        return await asyncio.to_thread(
            state.camera.ask,
            "camera",
            seconds=_FIRST_SECONDS,
            session=session[:100],
            at=seconds,
            image=base64.b64encode(await request.body()).decode("ascii"),
            model=chosen,
        )

    @routes.delete("/camera", status_code=204)
    def end_camera() -> None:
        """End the process that reads the camera's images."""
        state.camera.end()

    return routes
