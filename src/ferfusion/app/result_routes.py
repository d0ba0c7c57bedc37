"""Routes of results: ``/api/v1/results``."""

import mimetypes
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse

from ferfusion.app.home import read_json
from ferfusion.app.jobs import DONE, Job
from ferfusion.app.problems import Problem
from ferfusion.app.security import REPORT_POLICY
from ferfusion.app.state import AppState


def result_routes(state: AppState) -> APIRouter:
    """Return the routes of results."""
    routes = APIRouter(tags=["results"])

    @routes.get("/results/{result_id}")
    def get_result(result_id: str) -> dict[str, Any]:
        """Return a result: the faces with their verdicts, and the reading in sentences."""
        job = finished_job(state, result_id)
        return read_json(result_file(job, "verdict.json")) or {}

    @routes.get("/results/{result_id}/source", response_class=FileResponse)
    def get_source(result_id: str) -> FileResponse:
        """Return the video or photograph, or a range of its bytes."""
        job = finished_job(state, result_id)
        path = Path(job.inputs[0]) if job.inputs else Path()
        if not path.is_file():
            raise Problem(410, f"{path.name or job.name} is no longer where it was; the result is still here")
        return sent_file(path)

    @routes.get("/results/{result_id}/annotated.mp4", response_class=FileResponse)
    def get_annotated(result_id: str) -> FileResponse:
        """Return the annotated video, or a range of its bytes."""
        return sent_file(result_file(finished_job(state, result_id), "annotated.mp4"))

    @routes.get("/results/{result_id}/report.html", response_class=FileResponse)
    def get_report(result_id: str) -> FileResponse:
        """Return the written page."""
        answer = sent_file(result_file(finished_job(state, result_id), "report.html"))
        answer.headers["content-security-policy"] = REPORT_POLICY
        return answer

    @routes.get("/results/{result_id}/frames.csv", response_class=FileResponse)
    def get_frames(result_id: str) -> FileResponse:
        """Return the table with a row for every frame and face."""
        return sent_file(result_file(finished_job(state, result_id), "frames.csv"), as_download=True)

    @routes.get("/results/{result_id}/verdict.json", response_class=FileResponse)
    def get_verdict(result_id: str) -> FileResponse:
        """Return the verdicts."""
        return sent_file(result_file(finished_job(state, result_id), "verdict.json"), as_download=True)

    return routes


def finished_job(state: AppState, result_id: str) -> Job:
    """Return the job of a result.

    Raises:
        Problem: there is none, or it has no result yet.
    """
    job = state.queue.get(result_id)
    if job.state != DONE or not job.folder:
        raise Problem(409, f"The job {job.name} has no result: it is {job.state}")
    return job


def result_file(job: Job, name: str) -> Path:
    """Return a file of a result.

    Raises:
        Problem: it does not exist, or lies outside of the result's folder.
    """
    folder = Path(job.folder).resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise Problem(404, f"The result of {job.name} has no file {name}")
    return path


def sent_file(path: Path, *, as_download: bool = False) -> FileResponse:
    """Return the answer that sends a file; a part of it if the request names a range."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith(("video/", "image/")) or kind in ("text/csv", "application/json", "text/html"):
        shown = "attachment" if as_download else "inline"
        return FileResponse(path, media_type=kind, filename=path.name, content_disposition_type=shown)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)
