"""Routes of label projects: ``/api/v1/labels``."""

import mimetypes
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

import ferfusion as fer
from ferfusion.app.opened_paths import allowed_path
from ferfusion.app.problems import Problem
from ferfusion.app.result_routes import sent_file
from ferfusion.app.standby import Standby
from ferfusion.app.state import AppState

_MAKE_SECONDS = 3_600.0
_LONGEST_SHOWN_SECONDS = 120.0
_SHOW_SECONDS = 180.0
_Name = Field(min_length=1, max_length=60)


class ProjectBody(BaseModel):
    """A project to make: its folder, and files or folders of videos; without videos, one to open."""

    folder: str = Field(min_length=1, max_length=4096)
    videos: list[str] = Field(default_factory=list, max_length=1_000)
    classes: list[str] = Field(default_factory=list, max_length=100)
    raters: list[str] = Field(default_factory=list, max_length=100)
    marks: str = Field("stretches", max_length=20)
    faces: bool = False
    intensities: int = Field(5, ge=0, le=10)
    overlap: float = Field(1.0, ge=0, le=1, allow_inf_nan=False)


class RaterBody(BaseModel):
    """A rater."""

    rater: str = _Name


class ItemBody(RaterBody):
    """An item of a rater."""

    item: str = Field(min_length=1, max_length=100)


class MarkValues(BaseModel):
    """What a mark says."""

    model_config = ConfigDict(strict=True)
    label: str = Field(min_length=1, max_length=60)
    start: float | None = Field(None, ge=0, le=1e7, allow_inf_nan=False)
    end: float | None = Field(None, ge=0, le=1e7, allow_inf_nan=False)
    intensity: int | None = Field(None, ge=1, le=10)
    note: str = Field("", max_length=1_000)


class MarkBody(MarkValues, ItemBody):
    """A mark; ``mark`` names the one that it replaces."""

    mark: int | None = Field(None, ge=1, le=10**9)


class ChangeBody(MarkValues, ItemBody):
    """What changes of a mark; what is not there stays as it is."""

    label: str = Field("", max_length=60)
    mark: int = Field(ge=1, le=10**9)


class OldMarkBody(ItemBody):
    """A mark that is there."""

    mark: int = Field(ge=1, le=10**9)


class DoneBody(ItemBody):
    """Whether an item is finished."""

    done: bool = True


def label_routes(state: AppState) -> APIRouter:
    """Return the routes of label projects."""
    routes = APIRouter(tags=["labels"], prefix="/labels")
    _add_project_routes(routes, state)
    _add_answer_routes(routes, state)
    return routes


def _add_project_routes(routes: APIRouter, state: AppState) -> None:
    @routes.get("")
    def list_projects() -> list[dict[str, Any]]:
        """List the label projects that were opened, the last one first."""
        return state.label_projects.all()

    @routes.post("", status_code=201)
    def add_project(body: ProjectBody) -> dict[str, Any]:
        """Make a project of videos of this machine, or open one; looking at faces takes a while."""
        folder = _new_folder(state, body.folder)
        if body.videos:
            values = body.model_dump(exclude={"folder", "videos", "classes"})
            videos = [str(allowed_path(state, Path(video))) for video in body.videos]
            looking = Standby()  # it reads files of others, for a long time
            try:
                looking.ask(
                    "make_labels",
                    seconds=_MAKE_SECONDS,
                    folder=str(folder),
                    videos=videos,
                    classes=body.classes or "seven",
                    settings=values,
                )
            finally:
                looking.end()
        return state.label_projects.add(folder)

    @routes.delete("/{project_id}", status_code=204)
    def forget_project(project_id: str) -> None:
        """Take a project from the list; its folder stays as it is."""
        state.label_projects.forget(project_id)

    @routes.get("/{project_id}")
    def get_project(project_id: str) -> dict[str, Any]:
        """Return a project: classes with their colours, raters with their progress."""
        labels = project_of(state, project_id)
        return {**state.label_projects.row(labels), "colours": labels.colours}

    @routes.post("/{project_id}/raters", status_code=201)
    def add_rater(project_id: str, body: RaterBody) -> dict[str, Any]:
        """Add a rater, who labels all items."""
        labels = project_of(state, project_id)
        labels.add_rater(body.rater)
        return labels.state(body.rater)

    @routes.get("/{project_id}/raters/{rater}")
    def get_state(project_id: str, rater: str) -> dict[str, Any]:
        """Return the items of a rater with the rater's own marks."""
        return project_of(state, project_id).state(rater)


def _add_answer_routes(routes: APIRouter, state: AppState) -> None:
    @routes.post("/{project_id}/marks", status_code=201)
    def add_mark(project_id: str, body: MarkBody) -> dict[str, Any]:
        """Label an item or a stretch of it; the answer is the rater's state, as of all that follow."""
        labels = project_of(state, project_id)
        values = body.model_dump(exclude={"rater", "item", "label", "start", "end"})
        made = labels.mark(body.rater, body.item, body.label, body.start, body.end, **values)
        return {**labels.state(body.rater), "mark": made.id}

    @routes.post("/{project_id}/change")
    def change_mark(project_id: str, body: ChangeBody) -> dict[str, Any]:
        """Change some values of a mark; the others stay as they are on the disk."""
        labels = project_of(state, project_id)
        items = {item["id"]: item for item in labels.state(body.rater)["items"]}
        marks = items.get(body.item, {}).get("marks", [])
        kept = next((mark for mark in marks if mark["id"] == body.mark), None)
        if kept is None:
            raise Problem(404, f"The item {body.item} has no mark {body.mark}; it was removed")
        changed = body.model_dump(exclude_unset=True, exclude={"rater", "item", "mark"})
        values = {name: value for name, value in kept.items() if name != "id"} | changed
        labels.mark(body.rater, body.item, **values, mark=body.mark)
        return {**labels.state(body.rater), "mark": body.mark}

    @routes.post("/{project_id}/remove")
    def remove_mark(project_id: str, body: OldMarkBody) -> dict[str, Any]:
        """Remove a mark."""
        labels = project_of(state, project_id)
        labels.remove(body.rater, body.item, body.mark)
        return labels.state(body.rater)

    @routes.post("/{project_id}/done")
    def finish_item(project_id: str, body: DoneBody) -> dict[str, Any]:
        """Say that an item is finished, or is not."""
        labels = project_of(state, project_id)
        labels.done(body.rater, body.item, is_done=body.done)
        return labels.state(body.rater)

    @routes.post("/{project_id}/undo")
    def undo(project_id: str, body: RaterBody) -> dict[str, Any]:
        """Undo the last act of a rater; ``item`` is where it was, or null."""
        labels = project_of(state, project_id)
        item = labels.undo(body.rater)
        return {**labels.state(body.rater), "item": item}

    @routes.post("/{project_id}/show")
    def show_answer(project_id: str, body: ItemBody) -> dict[str, Any]:
        """Note that the rater sees a model's answer, and return it."""
        labels = project_of(state, project_id)
        source = _source(state, labels, body.item)
        found = state.standby.ask(
            "predict",
            seconds=_SHOW_SECONDS,
            path=str(source),
            model=None,
            most_seconds=_LONGEST_SHOWN_SECONDS,
            actions=False,
        )
        labels.show(body.rater, body.item)
        return {"statement": found["statement"], "model": found["model"], **labels.state(body.rater)}

    @routes.get("/{project_id}/items/{item}/source", response_class=FileResponse)
    def get_source(project_id: str, item: str) -> FileResponse:
        """Return the video of an item, in ranges."""
        return sent_file(_source(state, project_of(state, project_id), item))

    @routes.get("/{project_id}/items/{item}/boxes")
    def get_boxes(project_id: str, item: str) -> list[list[float]]:
        """Return second, x, y, width and height of an item's face, ten times a second."""
        return project_of(state, project_id).boxes(item)


def _new_folder(state: AppState, path: str) -> Path:
    """Return the folder of a project, which may be new; its parent may be opened."""
    try:
        folder = Path(path).expanduser()
    except RuntimeError:  # ~nobody
        raise Problem(404, f"There is no such home as that of {path!r}") from None
    if folder.name in ("", "..") or "\0" in path:
        raise Problem(422, f"{path!r} is no folder for a label project; name one")
    parent = allowed_path(state, folder.parent)
    return allowed_path(state, folder) if (parent / folder.name).exists() else parent / folder.name


def _source(state: AppState, labels: "fer.Labels", item: str) -> Path:
    """Return the video of an item, which this app may open."""
    source = allowed_path(state, labels.source(item).absolute())
    if not (mimetypes.guess_type(source.name)[0] or "").startswith(("video/", "image/")):
        raise Problem(422, f"{source.name} is no video")
    return source


def project_of(state: AppState, project_id: str) -> "fer.Labels":
    """Return a project whose files lie in its own folder.

    Raises:
        Problem: there is none of this id, or something in it is a link to another place.
    """
    labels = state.label_projects.get(project_id)
    for name in ("answers", "export", "boxes", "consensus.jsonl"):
        place = labels.folder / name
        if not place.resolve().is_relative_to(labels.folder.resolve()):
            raise Problem(403, f"{place} is a link out of the label project; replace it")
    return labels
