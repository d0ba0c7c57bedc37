"""Routes of datasets, runs and studies: folders, learning curves, trainings, comparisons."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from ferfusion.app.home import new_id
from ferfusion.app.job_routes import Option
from ferfusion.app.jobs import Job
from ferfusion.app.opened_paths import allowed_path
from ferfusion.app.problems import Problem
from ferfusion.app.result_routes import sent_page
from ferfusion.app.state import AppState

_SLOW_SECONDS = 180.0
PathQuery = Annotated[str, Query(min_length=1, max_length=4096)]


class TrainingBody(BaseModel):
    """A training: a dataset that is prepared and split, and the folder of its run."""

    dataset: str = Field(min_length=1, max_length=4096)
    run: str = Field(min_length=1, max_length=4096)
    options: dict[str, Option] = Field(default_factory=dict, max_length=100)


def study_routes(state: AppState) -> APIRouter:
    """Return the routes of datasets, runs and studies."""
    routes = APIRouter(tags=["study"])

    @routes.get("/folder")
    def get_folder(path: PathQuery) -> dict[str, Any]:
        """Tell what a folder is, with its facts, scores, confusion matrices and tables."""
        folder = _folder(state, path)
        row = state.standby.ask("folder", seconds=_SLOW_SECONDS, path=str(folder))
        report = f"/api/v1/folder/report?path={quote(str(folder))}" if row["report"] else None
        return row | {"report": report}

    @routes.get("/folder/report", response_class=FileResponse)
    def get_folder_report(path: PathQuery) -> FileResponse:
        """Return the page of a run, a study or a comparison."""
        page = _folder(state, path) / "report.html"
        if page.is_symlink() or not page.is_file():
            raise Problem(404, f"{path} has no page; ferfusion evaluate writes that of a run")
        return sent_page(page)

    @routes.get("/curves")
    def get_curves(path: PathQuery) -> dict[str, Any]:
        """Return the learning curves of a run, also while it is trained."""
        return state.standby.ask("curves", path=str(_folder(state, path)))

    @routes.get("/runs/{job_id}/curves")
    def get_curves_of_job(job_id: str) -> dict[str, Any]:
        """Return the learning curves of a training of this app."""
        job = state.queue.get(job_id)
        if job.kind != "training":
            raise Problem(409, f"The job {job.name} is no training")
        return state.standby.ask("curves", path=job.path)

    @routes.get("/recipes/{verb}")
    def get_options(verb: str) -> list[dict[str, Any]]:
        """List the options of a verb with their descriptions: train, or predict."""
        return _options_of(state, verb)

    @routes.post("/trainings", status_code=201)
    def add_training(body: TrainingBody) -> dict[str, Any]:
        """Train on a dataset; the training is a job of the queue."""
        dataset = _folder(state, body.dataset)
        if not (dataset / "dataset.json").is_file():
            raise Problem(422, f"{dataset} is no dataset; prepare one with ferfusion prepare")
        run = _new_run(state, body.run)
        check_options(state, body.options)
        job = Job(
            id=new_id(),
            name=run.name,
            kind="training",
            inputs=(str(dataset),),
            path=str(run),
            options=body.options,
        )
        state.queue.add([job])
        return job.row()

    @routes.get("/compare")
    def compare(runs: Annotated[list[str], Query(min_length=2, max_length=20)]) -> dict[str, Any]:
        """Compare the test scores of several runs."""
        paths = [str(_folder(state, run)) for run in runs]
        return state.standby.ask("compare", seconds=_SLOW_SECONDS, paths=paths)

    return routes


def check_options(state: AppState, options: Iterable[str]) -> None:
    """Refuse options that a training does not have; its own process checks their values.

    Raises:
        Problem: there is no such option.
    """
    known = {option["name"] for option in _options_of(state, "train")}
    if unknown := sorted(set(options) - known):
        raise Problem(400, f"Unknown training settings: {', '.join(unknown)}")


def _options_of(state: AppState, verb: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = state.standby.ask("options", seconds=60.0, recipe=verb)["options"]
    return found


def _folder(state: AppState, path: str) -> Path:
    folder = allowed_path(state, Path(path))
    if not folder.is_dir():
        raise Problem(422, f"{folder} is a file, not a folder")
    return folder


def _new_run(state: AppState, path: str) -> Path:
    """Return the folder of a run to write, whose parent may be opened."""
    run = Path(path).expanduser()
    if run.name in ("", "..") or "\0" in path:
        raise Problem(422, f"{path!r} is no folder for a run; name a new one")
    parent = allowed_path(state, run.parent)
    if (parent / run.name).is_symlink():
        raise Problem(422, f"{run} is a link; name a folder for the run")
    return parent / run.name
