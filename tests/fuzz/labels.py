"""Label projects, and the tables that are imported into them, read as the app and the command read them."""

import json
from pathlib import Path
from random import Random

import numpy as np

import ferfusion as fer
from fuzz.kind import Kind, check, refused_without
from fuzz.mutations import mutated_bytes, mutated_json, mutated_table
from helpers.label_projects import write_project

_TABLE = """path,subject,label,start,end,intensity,rater,note
clip0.mp4,Zoë,joy,0.5,1.25,2,Ann,brief
clip0.mp4,Zoë,anger,3,4.5,,Ben,
clip1.mp4,Ömer,calm,0,10,5,Ann,
clip1.mp4,Ömer,,,,,Ben,
"""
_ELAN = (
    "Tier\tParticipant\tBegin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tAnnotation\n"
    "expression\tZoë\t00:00:01.250\t00:00:02.500\tjoy 3\n"
    "expression\tZoë\t00:00:03.000\t00:00:04.000\tanger\n"
)


def _project(folder: Path) -> None:
    """Write a project with answers of two raters and a decision."""
    project = fer.labels(write_project(folder / "labels").folder)
    for rater, end in (("Ann", 3.0), ("Ben", 3.5)):
        for item in ("0000", "0001"):
            mark = project.mark(rater, item, "joy", 1.0, end, intensity=2, note="brief")
            project.mark(rater, item, "anger", 5.0, 6.0)
            project.done(rater, item)
        project.remove(rater, "0000", mark.id - 2)
        project.undo(rater)
        project.show(rater, "0001")
    project.decide("0001", [{"label": "calm", "start": 1, "end": 2, "intensity": 1}], by="both")


def _read_project(path: Path) -> None:
    folder = path if path.is_dir() else path.parents[path.parent.name in ("answers", "boxes")]
    project = fer.labels(folder)
    check(len(repr(project)) < 1000, "the description is long")
    check(len(project.progress) == len(project.raters), "a rater is missing")
    answers, agreement = project.answers(), project.agreement()
    for name in ("start", "end"):
        check(np.isfinite(answers[name].dropna()).all(), "a time is not finite")
    check((agreement.alpha["value"].dropna() <= 1).all(), "alpha is above 1")
    check(len(agreement.disputed) <= len(project.items), "there are too many disputed items")
    json.dumps([project.state(rater) for rater in project.raters], allow_nan=False)
    project.consensus()
    if len(answers):
        project.export(folder.parent / "out" / "answers.csv", "answers")
    for rater in project.raters:
        project.undo(rater)


def _with_table(folder: Path, name: str, content: str) -> None:
    _project(folder)
    (folder / name).write_text(content, encoding="utf-8")


def _import(path: Path) -> None:
    project = fer.labels(path.parent / "labels")
    taken = project.import_table(path, "Cem" if path.suffix == ".txt" else "")
    check(set(taken["status"]) <= {"added", "there already", "left out"}, "a row has another status")
    check((taken["reason"] != "").eq(taken["status"] == "left out").all(), "a reason is missing")
    again = project.import_table(path, "Cem" if path.suffix == ".txt" else "")
    check(not (again["status"] == "added").any(), "the second import adds something")
    _read_project(project.folder)


def _mutate_json(content: bytes, random: Random) -> bytes:
    return mutated_json(content.decode(), random).encode(errors="replace")


def _mutate_lines(content: bytes, random: Random) -> bytes:
    """Return JSON lines of which one is mutated, or bytes."""
    if random.random() < 0.2:
        return mutated_bytes(content, random)
    lines = content.decode().splitlines()
    place = random.randrange(len(lines))
    lines[place] = mutated_json(lines[place], random).replace("\n", " ")
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _mutate_tabs(content: bytes, random: Random) -> bytes:
    """Return a mutated table of tabs."""
    mutant = mutated_table(content.replace(b"\t", b","), random)
    return mutant.replace(b",", b"\t")


_DEEP = refused_without("is no label project", "is not a readable JSON", "is not JSON")
_OF_TABLE = refused_without(
    "is not a CSV table", "needs columns", "cannot be read as a table", "more than once"
)

KINDS = (
    Kind("labels/project.json", _project, _mutate_json, _read_project, _DEEP),
    Kind("labels/answers/Ann.jsonl", _project, _mutate_lines, _read_project, _DEEP),
    Kind("labels/consensus.jsonl", _project, _mutate_lines, _read_project, _DEEP),
    Kind(
        "table.csv",
        lambda folder: _with_table(folder, "table.csv", _TABLE),
        mutated_table,
        _import,
        _OF_TABLE,
    ),
    Kind("elan.txt", lambda folder: _with_table(folder, "elan.txt", _ELAN), _mutate_tabs, _import, _OF_TABLE),
)
