"""Routes of the agreement of raters, of decisions and of exports: ``/api/v1/labels/…``."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

import ferfusion as fer
from ferfusion.app.folders import records
from ferfusion.app.label_routes import MarkValues, project_of
from ferfusion.app.problems import Problem
from ferfusion.app.state import AppState

if TYPE_CHECKING:
    import pandas as pd

_MOST_MARKS = 1_000
_MOST_PAIRS = 15
"""Pairs of raters whose confusion is shown."""


class DecisionBody(BaseModel):
    """What was decided on an item."""

    item: str = Field(min_length=1, max_length=100)
    marks: list[MarkValues] = Field(max_length=_MOST_MARKS)
    by: str = Field(min_length=1, max_length=200)
    rater: str = Field(min_length=1, max_length=60)


class ExportBody(BaseModel):
    """Which labels are written."""

    which: str = Field("consensus", max_length=20)


def agreement_routes(state: AppState) -> APIRouter:
    """Return the routes of what raters agree on."""
    routes = APIRouter(tags=["labels"], prefix="/labels")

    @routes.get("/{project_id}/agreement")
    def get_agreement(project_id: str, rater: str) -> dict[str, Any]:
        """Return how far the raters agree, for a rater who has finished."""
        labels = project_of(state, project_id)
        for item in _finished_items(labels, rater):
            labels.show(rater, item["id"])  # what is changed from now on is no first answer
        return agreement_row(labels)

    @routes.post("/{project_id}/decide")
    def decide(project_id: str, body: DecisionBody) -> dict[str, Any]:
        """Write down what was decided on an item in a discussion."""
        labels = project_of(state, project_id)
        _finished_items(labels, body.rater)
        labels.decide(body.item, [mark.model_dump() for mark in body.marks], by=body.by)
        return agreement_row(labels)

    @routes.post("/{project_id}/export", status_code=201)
    def export(project_id: str, body: ExportBody) -> dict[str, Any]:
        """Write labels into the project's folder ``export``, for ``ferfusion prepare --corpus csv``."""
        labels = project_of(state, project_id)
        name = "labels.csv" if body.which == "consensus" else "answers.csv"
        return {"path": str(labels.export(labels.folder / "export" / body.which / name, body.which))}

    return routes


def _finished_items(labels: "fer.Labels", rater: str) -> list[dict[str, Any]]:
    """Return the items of a rater who has finished all of them.

    Raises:
        Problem: some are left.
    """
    items: list[dict[str, Any]] = labels.state(rater)["items"]
    if left := sum(not item["done"] for item in items):
        raise Problem(
            409, f"{rater} sees the others' answers when all {len(items)} items are finished; {left} are left"
        )
    return items


def agreement_row(labels: "fer.Labels") -> dict[str, Any]:
    """Return agreement, what is disputed, the answers of raters who have finished, and what holds."""
    found = labels.agreement()
    progress, answers = labels.progress, labels.answers()
    finished = progress["rater"][progress["done"] == progress["items"]]
    held = labels.consensus()
    raters = list(labels.raters)
    pairs = [(one, other) for place, one in enumerate(raters) for other in raters[place + 1 :]]
    return {
        "alpha": records(found.alpha),
        "caution": found.caution,
        "per_class": records(found.per_class),
        "confusions": [_confusion(found.confusion(one, other)) for one, other in pairs[:_MOST_PAIRS]],
        "disputed": records(found.disputed),
        "answers": records(answers[answers["rater"].isin(finished)]),
        "consensus": records(held),
        "progress": records(progress),
    }


def _confusion(table: "pd.DataFrame") -> dict[str, Any]:
    names = [str(name) for name in table.columns]
    raters = [str(table.index.name), str(table.columns.name)]
    return {"raters": raters, "classes": names, "counts": table.to_numpy().tolist()}
