"""Routes of jobs and their events: ``/api/v1/jobs``, ``/api/v1/events``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

import ferfusion as fer
from ferfusion.app.events import stream
from ferfusion.app.home import new_id
from ferfusion.app.jobs import Job
from ferfusion.app.models import SHIPPED
from ferfusion.app.problems import Problem
from ferfusion.app.state import AppState
from ferfusion.app.uploads import Upload

MOST_INPUTS = 1_000
Option = bool | float | int | str | None


class JobBody(BaseModel):
    """What a job reads, and how."""

    inputs: list[str] = Field(min_length=1, max_length=MOST_INPUTS, description="Ids of uploads")
    model: str | None = Field(None, description="Id of a model; by default, the one of the package")
    options: dict[str, Option] = Field(
        default_factory=dict, max_length=20, description="Fields of the PredictRecipe, such as actions: true"
    )


def job_routes(state: AppState) -> APIRouter:
    """Return the routes of jobs."""
    routes = APIRouter(tags=["jobs"])
    queue = state.queue

    @routes.get("/jobs")
    def list_jobs() -> list[dict[str, Any]]:
        """List the jobs, the oldest first."""
        return [job.row() for job in queue.all()]

    @routes.post("/jobs", status_code=201)
    def add_jobs(body: JobBody) -> list[dict[str, Any]]:
        """Predict uploads: a job for each video, and one for all photographs of this request."""
        jobs = new_jobs(state, body)
        queue.add(jobs)
        return [job.row() for job in jobs]

    @routes.get("/jobs/{job_id}")
    def get_job(job_id: str) -> dict[str, Any]:
        """Return one job."""
        return queue.get(job_id).row()

    @routes.post("/jobs/{job_id}/cancel")
    def cancel_job(job_id: str) -> dict[str, Any]:
        """Stop a job; its process and the children of it are killed before the answer."""
        return queue.cancel(job_id).row()

    @routes.post("/jobs/{job_id}/retry")
    def retry_job(job_id: str) -> dict[str, Any]:
        """Let a job that failed or was cancelled wait again."""
        return queue.retry(job_id).row()

    @routes.delete("/jobs/{job_id}")
    def remove_job(job_id: str) -> dict[str, Any]:
        """Remove a job, its result and the uploads that only it reads from the disk."""
        return removed(state, job_id)

    @routes.get("/events", response_class=StreamingResponse)
    async def listen() -> StreamingResponse:
        """Send an event ``job`` for every job and every change of one, and ``gone`` for one removed."""
        if state.hub.is_full:
            raise Problem(503, "Too many pages are open; close some of them")
        first = [("job", job.row()) for job in queue.all()]
        return StreamingResponse(stream(state.hub, first), media_type="text/event-stream")

    return routes


def new_jobs(state: AppState, body: JobBody) -> list[Job]:
    """Return the jobs of a request.

    Raises:
        Problem: an input is no video and no photograph, or the model is unknown.
        ConfigError: the prediction has no such option, or an option has a value that cannot be used.
    """
    check_options(body.options)
    uploads = [state.uploads.get(one) for one in body.inputs]
    for upload in uploads:
        if upload.kind not in ("video", "photograph"):
            why = upload.reason or f"it is a {upload.kind}"
            raise Problem(422, f"{upload.name} is no video and no photograph: {why}")
    shared: dict[str, Any] = {"options": body.options, **model_of(state, body.model)}
    jobs = [_job([one], "video", shared) for one in uploads if one.kind == "video"]
    photographs = [one for one in uploads if one.kind == "photograph"]
    return [*jobs, *([_job(photographs, "photographs", shared)] if photographs else [])]


def check_options(options: Mapping[str, Option]) -> None:
    """Refuse options of a prediction that it does not have; ``actions`` may also be true or false.

    Raises:
        ConfigError: there is no such option, or its value cannot be used.
    """
    fer.PredictRecipe.from_dict(
        {name: value for name, value in options.items() if name != "actions" or not isinstance(value, bool)}
    )


def model_of(state: AppState, model_id: str | None) -> dict[str, str]:
    """Return the name and the path of a model, as fields of a job.

    The model of the package is not opened for its name: the job's process tells it.
    """
    if model_id in (None, SHIPPED):
        return {"model": SHIPPED, "model_path": ""}
    model = state.models.get(model_id)
    return {"model": model.facts["name"], "model_path": model.path}


def removed(state: AppState, job_id: str) -> dict[str, Any]:
    """Remove a job and the uploads that only it reads; return what was removed, and its bytes."""
    uploads = state.queue.get(job_id).uploads
    names, size = state.queue.remove(job_id)
    in_use = {upload for job in state.queue.all() for upload in job.uploads}
    for upload_id in uploads:
        if upload_id not in in_use:
            size += state.uploads.remove(upload_id)
            names.append(str(state.home.uploads / upload_id))
    return {"removed": names, "bytes": size}


def _job(uploads: list[Upload], kind: str, shared: dict[str, Any]) -> Job:
    name = uploads[0].name if len(uploads) == 1 else f"{len(uploads)} photographs"
    return Job(
        id=new_id(),
        name=name,
        kind=kind,
        inputs=tuple(str(Path(upload.path)) for upload in uploads),
        uploads=tuple(upload.id for upload in uploads),
        source="".join(upload.source for upload in uploads)[:64],
        **shared,
    )
