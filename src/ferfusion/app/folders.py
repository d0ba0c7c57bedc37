"""What a folder is, and what its page shows: a dataset, a run, a study, predictions, or folders of these."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ferfusion as fer
from ferfusion.app.home import read_json
from ferfusion.errors import FerfusionError

if TYPE_CHECKING:
    import pandas as pd

Answer = dict[str, Any]
_MOST_CHILDREN, _MOST_ROWS = 200, 200
_MARKERS = (
    ("dataset.json", "dataset"),
    ("study.json", "study"),
    ("config.json", "run"),
    ("videos.csv", "predictions"),
    ("comparison.csv", "comparison"),
)
"""The file that tells each kind of folder, in the order in which they are looked for."""


def kind_of(folder: Path) -> str:
    """Return the kind of a folder, a word of ``_MARKERS``; ``nothing`` for any other."""
    return next((kind for name, kind in _MARKERS if (folder / name).is_file()), "nothing")


def describe_folder(path: str) -> Answer:
    """Return what a folder is, with what its page shows; a damaged one says why it cannot be shown."""
    folder = Path(path)
    kind = kind_of(folder)
    row: Answer = {
        "kind": kind,
        "path": str(folder),
        "name": folder.name,
        "message": "",
        "facts": [],
        "scores": [],
        "confusion": [],
        "tables": [],
        "children": _children(folder),
        "report": has_report(folder),
    }
    try:
        row |= _SHOWN[kind](folder)
    except FerfusionError as error:
        row["message"] = str(error)
    return row


def _dataset(folder: Path) -> Answer:
    data = fer.Dataset(folder)
    pairs = data.pairs
    clips = pairs.drop_duplicates("clip")
    facts = [
        ["Corpus", data.corpus],
        ["Classes", ", ".join(data.labels.names)],
        ["Clips", f"{len(clips):,}"],
        ["Pairs", f"{len(pairs):,}"],
        ["People", f"{pairs['subject'].nunique():,}"],
        ["Split", _split_words(data)],
    ]
    counts = clips.groupby("emotion", sort=False).size().reset_index(name="clips")
    return {"facts": facts, "tables": [_table("Clips of each class", counts)]}


def _split_words(data: "fer.Dataset") -> str:
    try:
        counts = data.splits["part"].value_counts()
    except fer.DatasetError as error:
        return str(error)
    return ", ".join(f"{part} {count:,}" for part, count in counts.items())


def _run(folder: Path) -> Answer:
    if not (folder / "predictions.csv").is_file():
        return {
            "message": "This training is not finished; its curves are below.",
            "facts": _config_facts(folder),
        }
    run = fer.Run(folder)
    row: Answer = {"facts": [*_config_facts(folder), ["Protocol", run.protocol]]}
    if not has_report(folder):
        return row | {"message": f"It is not evaluated yet: run ferfusion evaluate {folder}"}
    scores = run.evaluate()
    parts = list(dict.fromkeys(zip(scores.scores["part"], scores.scores["level"], strict=True)))
    return row | {
        "scores": records(scores.scores),
        "confusion": [
            {
                "part": part,
                "level": level,
                "classes": list(run.labels.names),
                "counts": scores.confusion(part, level).to_numpy().tolist(),
            }
            for part, level in parts
        ],
        "message": " ".join(scores.cautions),
    }


def has_report(folder: Path) -> bool:
    """Return whether a folder has a written page."""
    return (folder / "report.html").is_file()


def _config_facts(folder: Path) -> list[list[str]]:
    model = (read_json(folder / "config.json") or {}).get("model", {})
    names = ("architecture", "fusion", "stream", "size")
    return [[name.capitalize(), str(model[name])] for name in names if name in model]


def _study(folder: Path) -> Answer:
    study = fer.Study(folder)
    scores = [{**row, "name": row.get("variant", "")} for row in records(study.table)]
    return {
        "facts": [["Protocol", study.protocol], ["Baseline", study.baseline]],
        "scores": scores,
        "message": " ".join(study.verdict),
        "tables": [_table("Variants", study.summary)],
    }


def _predictions(folder: Path) -> Answer:
    import pandas as pd  # noqa: PLC0415

    table = pd.read_csv(folder / "videos.csv", keep_default_na=False, dtype=str)
    return {"facts": [["Videos", f"{len(table):,}"]], "tables": [_table("Videos", table)]}


def _nothing(folder: Path) -> Answer:
    found = "" if _children(folder) else "There is no dataset, run, study or prediction in this folder."
    return {"message": found}


_SHOWN: dict[str, Callable[[Path], Answer]] = {
    "dataset": _dataset,
    "run": _run,
    "study": _study,
    "predictions": _predictions,
    "comparison": _nothing,
    "nothing": _nothing,
}


def _children(folder: Path) -> list[Answer]:
    """Return the datasets, runs and studies in a folder, and in its folder of runs."""
    found = []
    for place in (folder, folder / "runs"):
        if not place.is_dir():
            continue
        for child in sorted(place.iterdir())[: 5 * _MOST_CHILDREN]:
            if child.is_dir() and (kind := kind_of(child)) != "nothing":
                found.append({"name": child.name, "path": str(child), "kind": kind})
    return found[:_MOST_CHILDREN]


def curves(path: str) -> Answer:
    """Return the learning curves of a run, also while it is trained."""
    import pandas as pd  # noqa: PLC0415

    folder = Path(path)
    file = folder / "metrics.csv"
    if not file.is_file():
        return {"columns": [], "epochs": [], "series": [], "finished": False}
    try:
        table = pd.read_csv(file)
    except ValueError as error:
        raise fer.RunError(f"{file} is damaged ({type(error).__name__}); train again") from error
    epochs = table["epoch"].tolist() if "epoch" in table else list(range(1, len(table) + 1))
    names = [name for name in table.columns if name != "epoch" and table[name].dtype.kind in "if"]
    series = [{"name": name, "values": [_finite(value) for value in table[name].tolist()]} for name in names]
    is_finished = (folder / "bundle.safetensors").is_file()
    return {"columns": names, "epochs": epochs, "series": series, "finished": is_finished}


def compare_runs(paths: list[str]) -> Answer:
    """Return the scores of several runs side by side, and whether their difference may be chance."""
    comparison = fer.compare(paths, progress=False)
    return {
        "rows": records(comparison.table),
        "columns": list(comparison.table.columns),
        "sentences": [*comparison.lead, *comparison.warnings, *comparison.cautions],
        "protocol": comparison.protocol,
        "summary": _table(f"{comparison.tested}, per video, with 95 % intervals", comparison.summary),
    }


def _table(name: str, table: "pd.DataFrame") -> Answer:
    shown = table.head(_MOST_ROWS)
    rows = [[_finite(value) for value in row] for row in shown.astype(object).to_numpy().tolist()]
    return {"name": name, "columns": [str(column) for column in shown.columns], "rows": rows}


def records(table: "pd.DataFrame") -> list[Answer]:
    """Return the rows of a table as JSON values: a missing number is None."""
    rows = table.astype(object).to_dict("records")
    return [{str(name): _finite(value) for name, value in row.items()} for row in rows]


def _finite(value: Any) -> Any:
    """Return a value that JSON has.

    >>> _finite(float("nan")), _finite(2), _finite("a")
    (None, 2, 'a')
    """
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str) or value is None else str(value)
