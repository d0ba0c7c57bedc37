"""Read a result for the long tables: a run, a measurement, a study, or predictions."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.errors import RunError
from ferfusion.evaluation.predictions import read_predictions
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.scoring import score_measured, scores_table
from ferfusion.files import no_such, printable, read_json
from ferfusion.label_set import LabelSet
from ferfusion.preparation.dataset import read_votes
from ferfusion.preparation.subjects import read_subjects
from ferfusion.preparation.votes import votes_by_class
from ferfusion.studies.study_folder import TABLES, StudyFolder, prediction_kind
from ferfusion.tables import read_table
from ferfusion.tabulation.predictions import is_of_predict, read_predict
from ferfusion.tabulation.result import Observed, Result

_AGAIN = "run the command that wrote it again"
_STUDY_AGAIN = "run the study again"
_PAIR = ("video", "subject", "code", "emotion")
_SETTINGS = ("architecture", "fusion", "stream")
_USED = frozenset(
    "variant trained_as parameters trained_on tested_on level metric value low high baseline seeds subjects "
    "people".split()
)
"""Columns of the tables of a study's report that are used here."""
_SCORE_COLUMNS = {**dict.fromkeys(("value", "low", "high", "baseline"), float), "people": int}


def read_result(path: Path) -> Result:
    """Return the result that a folder has; its predictions are read later, one training after the other.

    Raises:
        RunError: the folder has no result, or one of its files is missing or damaged.
    """
    if not path.is_dir():
        raise RunError(f"{no_such(path, wanted='folder')}; name the folder of a run, a study or predictions")
    if (path / "study.json").is_file():
        return _of_any_study(StudyFolder(path))
    if (path / "measurement.json").is_file():
        return _of_measurement(path)
    if (path / "config.json").is_file():
        return _of_run(read_run(path))
    if is_of_predict(path):
        return read_predict(path)
    raise RunError(
        f"{path} has no result; name the folder that train, study, evaluate --dataset or predict wrote"
    )


def _of_run(run: RunFolder) -> Result:
    part, name = run.parts[0], printable(run.path.resolve().name)
    scores = run.path / "scores.csv"
    table = _read(scores, _SCORE_COLUMNS) if scores.is_file() else scores_table(score_measured(run).scores)
    table = _with_rows(table[table["part"] == part], scores, "evaluate the run again").assign(variant=name)
    seed = run.section("recipe").get("seed")
    return Result(
        run.path,
        run.labels,
        _wide(table, ["variant"]).assign(**_network(run), people=table["people"].iloc[0], seeds=1),
        lambda: iter([_observed(run, part, variant=name, seed=seed, fold=None)]),
        people=run.subjects,
        choices=_choices([run.votes], run.labels),
        people_known=run.people_known,
        optional=_optional(run.votes, "clip"),
    )


def _of_measurement(path: Path) -> Result:
    record = read_json(
        path / "measurement.json",
        keys={"model": dict, "labels": list[str]},
        error=RunError,
        advice="measure the model again",
    )
    name, labels = printable(str(record["model"].get("name", ""))), LabelSet(tuple(record["labels"]))
    table = _read(path / "scores.csv", _SCORE_COLUMNS).assign(variant=name)
    votes, people = _beside(path)

    def observe() -> Iterator[Observed]:
        pairs = read_predictions(path / "predictions.csv", labels=labels, advice=_AGAIN)
        yield Observed({"variant": name, "seed": None, "fold": None}, pairs, labels, votes)

    return Result(
        path,
        labels,
        _wide(table, ["variant"]).assign(people=table["people"].iloc[0]),
        observe,
        people=people,
        choices=_choices([votes], labels),
        people_known=(path / "people.csv").is_file(),
        optional=_optional(votes, "clip"),
    )


def _of_any_study(files: StudyFolder) -> Result:
    if "models" in read_json(files.settings_file, error=RunError, advice=_AGAIN):
        return _of_models(files)
    if files.table_file("cross").is_file():
        return _of_cross(files)
    kinds = {"variants": dict[str, dict[str, Any]]}
    return _of_study(files, read_json(files.settings_file, keys=kinds, error=RunError, advice=_AGAIN))


def _of_study(files: StudyFolder, settings: dict[str, Any]) -> Result:
    table, costs = _of_report(files, "variants"), _of_report(files, "costs")
    seeds, folds = int(table["seeds"].max()), _folds(files)
    runs = {
        (variant, seed, fold): RunFolder(files.runs / variant / f"fold{fold}-seed{seed}")
        for variant in dict.fromkeys(table["variant"])
        for seed in range(seeds)
        for fold in range(folds)
    }
    variants = _wide(table, ["variant"])
    own = costs.set_index("trained_as")
    own = own[own.index != own["variant"]]
    variants["equivalents"] = [
        ", ".join(own.loc[own.index == name, "variant"]) for name in variants["variant"]
    ]
    sizes = costs.set_index("variant")["parameters"]
    if not variants["variant"].isin(sizes.index).all():
        raise RunError(f"{files.table_file('costs')} lacks a variant of variants.csv; {_STUDY_AGAIN}")
    variants = variants.assign(
        parameters=variants["variant"].map(sizes),
        people=int(table["subjects"].max()),
        seeds=seeds,
    )
    flat = _settings_of(settings["variants"], variants["variant"])
    differ = [name for name in map(str, flat) if name not in _SETTINGS and flat[name].nunique() > 1]
    variants = variants.join(flat[[*_SETTINGS, *differ]])
    variants["fusion"] = [_network_of_study(runs[name, 0, 0])["fusion"] for name in variants["variant"]]

    def observe() -> Iterator[Observed]:
        for (variant, seed, fold), run in runs.items():
            yield _observed_of_study(run, variant=variant, seed=seed, fold=fold if folds > 1 else None)

    return _joined(files, [*runs.values()], variants, observe, optional=("clip",), settings=tuple(differ))


def _folds(files: StudyFolder) -> int:
    """Return the number of folds, all of which have the table of their split."""
    kept = [*files.splits.glob("fold*.csv"), *files.runs.glob("*/fold*-seed*/")]
    found = [int(match[1]) for path in kept if (match := re.match(r"fold(\d{1,3})\b", path.name))]
    folds = max(found, default=0) + 1
    for fold in range(folds):
        if not files.splits_file(fold).is_file():
            raise RunError(f"{files.splits_file(fold)} is missing; {_STUDY_AGAIN}")
    return folds


def _settings_of(variants: dict[str, dict[str, Any]], names: Iterable[str]) -> pd.DataFrame:
    """Return a row of settings of network and training for each variant; lists as text."""
    rows = [
        {**variants.get(name, {}).get("recipe", {}), **variants.get(name, {}).get("model", {})}
        for name in names
    ]
    table = pd.DataFrame(rows).map(lambda value: value if isinstance(value, int | float) else str(value))
    return table.reindex(columns=list(dict.fromkeys((*_SETTINGS, *map(str, table)))))


def _of_cross(files: StudyFolder) -> Result:
    table = _of_report(files, "cross").rename(columns={"trained_on": "variant"})
    tested = _table_of_study(files.table_file("cross_predictions"), columns=("subject", "tested_on"))
    corpus_of = dict(zip(tested["subject"], tested["tested_on"], strict=True))
    seeds = int(table["seeds"].max())
    runs = {
        (variant, seed): RunFolder(files.runs / place.name / f"fold{fold}-seed{seed}")
        for place in sorted(files.runs.glob("*/"))
        for fold, variant in enumerate(dict.fromkeys(table["variant"]))
        for seed in range(seeds)
    }
    if not runs:
        raise RunError(f"{files.runs} has no training; {_STUDY_AGAIN}")
    network = _network_of_study(next(iter(runs.values())))
    keys = ["variant", "tested_on"]
    people = table.drop_duplicates(keys).set_index(keys)["people"]
    variants = _wide(table, keys).assign(**network, seeds=seeds).join(people, on=keys)

    def observe() -> Iterator[Observed]:
        for (variant, seed), run in runs.items():
            one = _observed_of_study(run, variant=variant, seed=seed, fold=None)
            yield Observed(
                one.keys,
                one.pairs.assign(tested_on=one.pairs["subject"].map(corpus_of)),
                one.labels,
                one.votes,
            )

    return _joined(files, [*runs.values()], variants, observe, optional=("clip", "tested_on"))


def _of_models(files: StudyFolder) -> Result:
    table = _of_report(files, "variants")
    names = list(dict.fromkeys(table["variant"]))
    records = {
        name: read_json(
            files.measured(name) / "measurement.json",
            keys={"labels": list[str], "people_known": bool, "part": str},
            error=RunError,
            advice=_AGAIN,
        )
        for name in names
    }
    first = _measured_pairs(files, names[0])
    owned = LabelSet(tuple(records[names[0]]["labels"]))
    labels = LabelSet(
        tuple(
            name
            for name, column in zip(owned.names, owned.probability_columns, strict=True)
            if column in first
        )
    )
    votes, people = _beside(files.measured(names[0]))

    def observe() -> Iterator[Observed]:
        for name in names:
            pairs = _measured_pairs(files, name, *labels.probability_columns).assign(
                part=records[name]["part"]
            )
            yield Observed({"variant": name, "seed": None, "fold": None}, pairs, labels, votes)

    return Result(
        files.path,
        labels,
        _wide(table, ["variant"]).assign(people=int(table["subjects"].max())),
        observe,
        trainings=len(names),
        people=people,
        choices=_choices([votes], labels),
        people_known=records[names[0]]["people_known"],
        optional=_optional(votes, "clip"),
    )


def _measured_pairs(files: StudyFolder, name: str, *probabilities: str) -> pd.DataFrame:
    path = files.predictions_file(name, "pair")
    return _table_of_study(path, columns=(*_PAIR, *probabilities), kind_of=prediction_kind)


def _joined(
    files: StudyFolder,
    runs: list[RunFolder],
    variants: pd.DataFrame,
    observe: Any,
    *,
    optional: tuple[str, ...],
    settings: tuple[str, ...] = (),
) -> Result:
    """Return the result of several runs, which have people and votes of their own."""
    votes, people = [], []
    for run in runs:
        with _study_again(run):
            votes.append(run.votes)
            people.append(run.subjects)
            labels = run.labels
    for name, tables in (("votes.csv", votes), ("subjects.csv", people)):
        lacking = [run.path for run, table in zip(runs, tables, strict=True) if table is None]
        if 0 < len(lacking) < len(runs):
            raise RunError(f"{lacking[0] / name} is missing; delete {lacking[0]}, and {_STUDY_AGAIN}")
    known = [each for each in people if each is not None]
    return Result(
        files.path,
        labels,
        variants,
        observe,
        trainings=len(runs),
        people=_joined_people(known) if known else None,
        choices=_choices(votes, labels),
        people_known=runs[0].people_known,
        optional=_optional(next((each for each in votes if each is not None), None), *optional),
        settings=settings,
    )


def _joined_people(tables: list[pd.DataFrame]) -> pd.DataFrame:
    people = pd.concat(tables, ignore_index=True).drop_duplicates("subject", ignore_index=True)
    return people.fillna("")


def _observed(run: RunFolder, part: str, **keys: Any) -> Observed:
    """Read the predictions of a run, which are not kept in memory."""
    pairs = read_run(run.path).predictions
    return Observed(keys, pairs[pairs["part"] == part].reset_index(drop=True), run.labels, run.votes)


def _observed_of_study(run: RunFolder, **keys: Any) -> Observed:
    with _study_again(run):
        return _observed(run, "test", **keys)


def _network(run: RunFolder) -> dict[str, Any]:
    """Return the settings of a run's network; the fusion of a single stream is its layer alone."""
    network = {key: run.section("model")[key] for key in _SETTINGS}
    if not run.section("architecture")["has_operator"]:
        network["fusion"] = str(network["fusion"]).partition("-")[0]
    return {"parameters": run.parameters, **network}


def _network_of_study(run: RunFolder) -> dict[str, Any]:
    with _study_again(run):
        return _network(run)


@contextmanager
def _study_again(run: RunFolder) -> Iterator[None]:
    """Say what to do about a damaged training of a study, which is another thing than for a single run."""
    try:
        yield
    except RunError as error:
        what = str(error).partition("; ")[0]
        delete = f"delete {run.path}, and " if run.path.exists() else ""
        raise RunError(f"{what}; {delete}{_STUDY_AGAIN}") from error


def _beside(folder: Path) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return the votes and the columns of people that are kept beside predictions."""
    votes, people = folder / "votes.csv", folder / "subjects.csv"
    return (
        read_votes(votes, error=RunError) if votes.is_file() else None,
        read_subjects(people, error=RunError) if people.is_file() else None,
    )


def _choices(tables: list[pd.DataFrame | None], labels: LabelSet) -> tuple[str, ...]:
    """Return what the raters chose in any of the tables, the classes first."""
    found = [votes_by_class(votes.set_index("video")[:0], labels) for votes in tables if votes is not None]
    return tuple(dict.fromkeys(str(name) for votes in found for name in votes))


def _optional(votes: pd.DataFrame | None, *names: str) -> frozenset[str]:
    return frozenset(names if votes is None else (*names, "voted"))


def _of_report(files: StudyFolder, name: str) -> pd.DataFrame:
    table = files.read_report(name, used=[column for column in TABLES[name] if column in _USED])
    return _with_rows(table, files.table_file(name), _STUDY_AGAIN)


def _table_of_study(path: Path, **how: Any) -> pd.DataFrame:
    table = read_table(path, error=RunError, advice=_STUDY_AGAIN, **how)
    return _with_rows(table, path, _STUDY_AGAIN)


def _read(path: Path, kinds: dict[str, Any]) -> pd.DataFrame:
    advice = "evaluate it again"
    table = read_table(
        path, columns=("part", "level", "metric", *kinds), kind_of=kinds.get, error=RunError, advice=advice
    )
    return _with_rows(table, path, advice)


def _with_rows(table: pd.DataFrame, path: Path, advice: str) -> pd.DataFrame:
    if table.empty:
        raise RunError(f"{path} has no row; {advice}")
    return table


def _wide(scores: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return a row for each of the keys, with a column for each score and each end of its interval."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in scores.to_dict("records"):
        one = rows.setdefault(tuple(row[key] for key in keys), {key: row[key] for key in keys})
        for end in ("value", "low", "high", "baseline"):
            name = f"{row['level']}_{row['metric']}"
            one[name if end == "value" else f"{name}_{end}"] = row[end]
    return pd.DataFrame([*rows.values()])
