"""The server: all routes, errors as problem JSON, and the page."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

import ferfusion as fer
from ferfusion.app.agreement_routes import agreement_routes
from ferfusion.app.camera_routes import camera_routes
from ferfusion.app.interface_page import interface_page
from ferfusion.app.job_routes import job_routes
from ferfusion.app.label_routes import label_routes
from ferfusion.app.model_routes import model_routes
from ferfusion.app.problems import PROBLEM_TYPE, problem_body, status_of
from ferfusion.app.result_routes import result_routes
from ferfusion.app.security import Asgi, Guard
from ferfusion.app.state import AppState
from ferfusion.app.study_routes import study_routes
from ferfusion.app.upload_routes import upload_routes
from ferfusion.errors import FerfusionError

_TICK_SECONDS = 0.2
_ROUTES = (
    upload_routes,
    job_routes,
    result_routes,
    model_routes,
    camera_routes,
    study_routes,
    label_routes,
    agreement_routes,
)
STATIC = Path(__file__).parent / "static"


def build_server(state: AppState) -> Asgi:
    """Return the server of an app, behind its guard."""
    app = FastAPI(
        title="ferfusion",
        version=fer.__version__,
        description="Displayed facial expressions in videos and photographs, on this machine.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan(state),
    )
    app.include_router(_health(), prefix="/api/v1")
    for routes in _ROUTES:
        app.include_router(routes(state), prefix="/api/v1")
    app.add_api_route("/", _page, include_in_schema=False, response_class=FileResponse)
    app.add_api_route(
        "/docs",
        lambda: HTMLResponse(interface_page(app.openapi())),
        include_in_schema=False,
        response_class=HTMLResponse,
    )
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(FerfusionError, _as_problem)
    app.add_exception_handler(RequestValidationError, _as_problem)
    app.add_exception_handler(HTTPException, _as_problem)
    return Guard(app, state.settings)


def _page() -> FileResponse:
    return FileResponse(STATIC / "index.html")


def _health() -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/health")
    def health() -> dict[str, str]:
        """Tell that the server works; this address alone needs no token."""
        return {"status": "ok", "version": fer.__version__}

    return routes


def _lifespan(state: AppState) -> "Callable[[FastAPI], AbstractAsyncContextManager[None]]":
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        ticker = asyncio.create_task(_tick(state))
        try:
            yield
        finally:
            ticker.cancel()
            with suppress(asyncio.CancelledError):
                await ticker
            state.hub.close()
            await asyncio.to_thread(state.queue.stop)
            state.standby.end()
            state.camera.end()

    return lifespan


async def _tick(state: AppState) -> None:
    while True:
        state.hub.send(await asyncio.to_thread(state.queue.tick))
        state.standby.rest()
        state.camera.rest()
        await asyncio.sleep(_TICK_SECONDS)


async def _as_problem(request: Request, error: Exception) -> JSONResponse:
    del request
    if isinstance(error, FerfusionError):
        status, detail = status_of(error), str(error)
    elif isinstance(error, RequestValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        status, detail = 422, f"{place}: {first['msg']}"
    elif isinstance(error, HTTPException):
        status, detail = error.status_code, str(error.detail)
    else:
        raise error
    return JSONResponse(problem_body(status, detail), status, media_type=PROBLEM_TYPE)
