"""Routes of results: ``/api/v1/results``."""

import asyncio
import mimetypes
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from ferfusion.app.home import read_json, write_json
from ferfusion.app.jobs import DONE, Job
from ferfusion.app.problems import Problem
from ferfusion.app.readings import CHANGED_FOLDER, Reading, change_face, photographs_row, result_row
from ferfusion.app.security import REPORT_POLICY
from ferfusion.app.state import AppState
from ferfusion.app.timeline import MOST_POINTS
from ferfusion.app.zips import zipped

MOST_BOX_SECONDS = 10.0
_MOST_IMAGES = 2_000
_EXPLAIN_SECONDS = 90.0
Seconds = Annotated[float, Query(ge=0, le=1e7, allow_inf_nan=False)]
FaceNumber = Annotated[int, Query(ge=0, le=10**6)]


class FaceBody(BaseModel):
    """What a person says about a face; ``join`` names another face that is this one, null parts all."""

    name: str | None = Field(None, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
    left_out: bool | None = None
    join: int | None = Field(None, ge=0, le=10**6)


def result_routes(state: AppState) -> APIRouter:
    """Return the routes of results."""
    routes = APIRouter(tags=["results"], prefix="/results/{result_id}")

    @routes.get("")
    def get_result(result_id: str) -> dict[str, Any]:
        """Return a result: the faces with their verdicts, and the reading in sentences."""
        job = finished_job(state, result_id)
        if job.kind == "photographs":
            return photographs_row(job)
        return result_row(job, reading_of(state, job), _video_facts(state, job))

    @routes.get("/timeline")
    def get_timeline(
        result_id: str,
        face: FaceNumber = 0,
        start: Annotated[float | None, Query(alias="from", ge=0, le=1e7, allow_inf_nan=False)] = None,
        end: Annotated[float | None, Query(alias="to", ge=0, le=1e7, allow_inf_nan=False)] = None,
        points: Annotated[int, Query(ge=1, le=MOST_POINTS)] = 800,
    ) -> dict[str, Any]:
        """Return the mean probabilities of a face in columns of time, its named stretches and its gaps."""
        timelines = video_reading(state, result_id).timelines
        whole = timelines.span
        chosen = (whole[0] if start is None else start, whole[1] if end is None else end)
        if chosen[1] <= chosen[0]:
            raise Problem(422, f"from must be below to, got {chosen[0]:g} and {chosen[1]:g}")
        return {"whole": list(whole), **timelines.of(face).between(*chosen, points)}

    @routes.get("/boxes")
    def get_boxes(
        result_id: str,
        start: Annotated[Seconds, Query(alias="from")] = 0.0,
        end: Annotated[float | None, Query(alias="to", ge=0, le=1e7, allow_inf_nan=False)] = None,
    ) -> list[dict[str, Any]]:
        """Return the boxes of the faces in the frames of at most 10 seconds."""
        end = start + MOST_BOX_SECONDS if end is None else end
        if end - start > MOST_BOX_SECONDS + 1e-6:
            raise Problem(422, f"Boxes are of at most {MOST_BOX_SECONDS:g} seconds, got {end - start:g}")
        return video_reading(state, result_id).timelines.boxes(start, end)

    @routes.get("/actions")
    def get_actions(result_id: str, face: FaceNumber, seconds: Seconds) -> dict[str, Any]:
        """Return the facial actions of a face that differ most from its rest at a time."""
        seen = video_reading(state, result_id).seen
        words = seen.strongest_actions(face, seconds)
        return {"actions": [{"name": each, "words": each} for each in words]}

    @routes.patch("/faces/{face}")
    def say_of_face(result_id: str, face: int, body: FaceBody) -> dict[str, Any]:
        """Rename a face, leave it out, or join another face with it; the downloads follow."""
        job = finished_job(state, result_id)
        video_reading(state, result_id)
        change_face(job, state.queue.folders.of(job.id), face, body.model_dump(exclude_unset=True))
        return result_row(job, reading_of(state, job), _video_facts(state, job))

    @routes.get("/frame.jpg", response_class=FileResponse)
    async def get_frame(
        result_id: str, seconds: Seconds, face: Annotated[int | None, Query(ge=0, le=10**6)] = None
    ) -> FileResponse:
        """Return the frame at a time, or a face of it, as JPEG."""
        job = finished_job(state, result_id)
        return await asyncio.to_thread(_frame_image, state, job, seconds, face)

    @routes.get("/explain", response_class=FileResponse)
    async def explain(result_id: str, face: FaceNumber, seconds: Seconds) -> FileResponse:
        """Return an image of what the model looks at in a face at a time: class activation maps."""
        job = finished_job(state, result_id)
        return await asyncio.to_thread(_explained_image, state, job, seconds, face)

    add_downloads(routes, state)
    return routes


def add_downloads(routes: APIRouter, state: AppState) -> None:
    """Add the routes of the files of a result."""

    @routes.get("/source", response_class=FileResponse)
    def get_source(result_id: str) -> FileResponse:
        """Return the video or photograph, or a range of its bytes."""
        return sent_file(source_file(finished_job(state, result_id)))

    @routes.get("/annotated.mp4", response_class=FileResponse)
    def get_annotated(result_id: str) -> FileResponse:
        """Return the annotated video, or a range of its bytes."""
        return sent_file(result_file(finished_job(state, result_id), "annotated.mp4"))

    @routes.get("/report.html", response_class=FileResponse)
    def get_report(result_id: str) -> FileResponse:
        """Return the written page."""
        return sent_page(result_file(finished_job(state, result_id), "report.html"))

    @routes.get("/frames.csv", response_class=FileResponse)
    def get_frames(result_id: str) -> FileResponse:
        """Return the table with a row for every frame and face, or for every photograph and face."""
        job = finished_job(state, result_id)
        name = "photographs.csv" if job.kind == "photographs" else "frames.csv"
        return sent_file(changed_file(state, job, name), as_download=True)

    @routes.get("/verdict.json", response_class=FileResponse)
    def get_verdict(result_id: str) -> FileResponse:
        """Return the verdicts."""
        job = finished_job(state, result_id)
        return sent_file(changed_file(state, job, "verdict.json"), as_download=True)

    @routes.get("/zip", response_class=StreamingResponse)
    def get_zip(result_id: str) -> StreamingResponse:
        """Return all files of a result as one zip file."""
        job = finished_job(state, result_id)
        name = "".join(
            sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in job.name
        )
        headers = {"content-disposition": f'attachment; filename="{name}.zip"'}
        return StreamingResponse(zipped(_files_of(state, job)), media_type="application/zip", headers=headers)


def finished_job(state: AppState, result_id: str) -> Job:
    """Return the job of a result.

    Raises:
        Problem: there is none, or it has no result yet.
    """
    job = state.queue.get(result_id)
    if job.state != DONE or not job.folder or job.kind == "training":
        raise Problem(409, f"The job {job.name} has no result: it is {job.state}")
    return job


def reading_of(state: AppState, job: Job) -> Reading:
    """Return the open prediction of a job's video."""
    return state.readings.of(job, state.queue.folders.of(job.id))


def video_reading(state: AppState, result_id: str) -> Reading:
    """Return the open prediction of a video.

    Raises:
        Problem: there is none, or it is of photographs.
    """
    job = finished_job(state, result_id)
    if job.kind == "photographs":
        raise Problem(409, f"{job.name} are photographs, which have no timeline")
    return reading_of(state, job)


def source_file(job: Job) -> Path:
    """Return the video of a result.

    Raises:
        Problem: it is not where it was.
    """
    path = Path(job.inputs[0]) if job.inputs else Path()
    if not path.is_file():
        raise Problem(410, f"{path.name or job.name} is no longer where it was; the result is still here")
    return path


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


def changed_file(state: AppState, job: Job, name: str) -> Path:
    """Return a file of a result that follows what a person says about the faces."""
    changed = state.queue.folders.of(job.id) / CHANGED_FOLDER / name
    return changed if changed.is_file() else result_file(job, name)


def sent_file(path: Path, *, as_download: bool = False) -> FileResponse:
    """Return the answer that sends a file; a part of it if the request names a range."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_safe = kind.startswith(("video/", "image/")) and "svg" not in kind
    if is_safe or kind in ("text/csv", "application/json"):
        shown = "attachment" if as_download else "inline"
        return FileResponse(path, media_type=kind, filename=path.name, content_disposition_type=shown)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


def sent_page(path: Path) -> FileResponse:
    """Return the answer that sends a written page, which runs apart from the app."""
    headers = {"content-security-policy": REPORT_POLICY}
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=headers)


def _files_of(state: AppState, job: Job) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each file of a result."""
    folder = Path(job.folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            name = path.relative_to(folder).as_posix()
            yield name, changed_file(state, job, name) if "/" not in name else path


def _video_facts(state: AppState, job: Job) -> dict[str, Any]:
    """Return the size of a video's image; it is kept once it is known."""
    kept = state.queue.folders.of(job.id) / "video.json"
    facts = read_json(kept)
    if facts is None and job.inputs and Path(job.inputs[0]).is_file():
        facts = state.standby.ask("probe", path=job.inputs[0])
        write_json(kept, facts)
    return facts or {}


def _frame_image(state: AppState, job: Job, seconds: float, face: int | None) -> FileResponse:
    box = None if face is None else _box_at(state, job, seconds, face)
    file = _image_place(state, job, f"frame-{seconds:.3f}-{'all' if face is None else face}.jpg")
    if not file.is_file():
        state.standby.ask("frame", path=str(source_file(job)), at=seconds, box=box, out=str(file))
    return sent_file(file)


def _explained_image(state: AppState, job: Job, seconds: float, face: int) -> FileResponse:
    box = _box_at(state, job, seconds, face)
    file = _image_place(state, job, f"explain-{seconds:.3f}-{face}.jpg")
    if not file.is_file():
        state.standby.ask(
            "explain",
            seconds=_EXPLAIN_SECONDS,
            path=str(source_file(job)),
            at=seconds,
            box=box,
            model=job.model_path or None,
            out=str(file),
        )
    return sent_file(file)


def _box_at(state: AppState, job: Job, seconds: float, face: int) -> list[float]:
    rows = video_reading(state, job.id).timelines.boxes(max(0.0, seconds - 0.5), seconds + 0.5)
    own = [row for row in rows if row["face"] == face and row["x"] is not None]
    if not own:
        raise Problem(404, f"Face {face} is not in view at {seconds:.2f} s")
    row = min(own, key=lambda each: abs(float(each["seconds"]) - seconds))
    return [row[side] for side in "xywh"]


def _image_place(state: AppState, job: Job, name: str) -> Path:
    """Return where an image is kept; all are removed when there are too many."""
    folder = state.queue.folders.of(job.id) / "images"
    if folder.is_dir() and len(list(folder.iterdir())) >= _MOST_IMAGES:
        shutil.rmtree(folder, ignore_errors=True)
    return folder / name
