"""Evaluate predictions, those of a run or of a measurement: scores, tables, figures and the report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
from matplotlib.figure import Figure

from ferfusion.errors import RunError
from ferfusion.evaluation import plots
from ferfusion.evaluation.measured import Measured, Measurement
from ferfusion.evaluation.measurement_page import measurement_story
from ferfusion.evaluation.people_groups import differences_table, groups_table
from ferfusion.evaluation.raters import Raters, compare_with_raters
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.report_page import Story, cautions, report_html
from ferfusion.evaluation.run_files import EVALUATION_FILES, write_votes_and_people
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.run_page import run_story
from ferfusion.evaluation.scoring import (
    Scored,
    Scores,
    class_table,
    confusion_table,
    score_measured,
    scores_table,
)
from ferfusion.evaluation.vote_scores import score_votes
from ferfusion.files import read_json, write_json, write_text
from ferfusion.outputs import is_new_or_empty, only_writer, replaced_result
from ferfusion.reporting.style import save
from ferfusion.tables import write_table

MEASUREMENT_FILES = (*EVALUATION_FILES, "predictions.csv", "votes.csv", "subjects.csv", "measurement.json")
"""Patterns of the files that a measurement writes into its folder, the page first."""


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        scored: The scores.
        voted: Scores on the majority of the raters' votes, of videos or images with votes.
        cautions: Cautions about the scores, a sentence or two each.
        report: Path of the page; None if nothing was written.
        raters: The raters beside the model, where there are votes.
    """

    scored: Scored[Measured]
    voted: tuple[Scores, ...]
    cautions: tuple[str, ...]
    report: Path | None = None
    raters: Raters | None = None


def evaluate_run(path: Path, recipe: EvaluateRecipe | None = None) -> Evaluation:
    """Score a run folder, and write the tables, the figures and the report into it.

    The files are ``scores.csv``, ``per_class.csv``, ``confusion_<part>_<level>.csv``,
    ``people.csv``, ``predictions_videos.csv`` of the test part, ``predictions_videos_validation.csv``,
    ``figures/*.png``, ``report.html`` and, of a run on videos or images with
    votes, ``scores_votes.csv`` and ``raters.csv``. They replace those of an earlier evaluation together.

    Raises:
        RunError: the run folder or one of its files is missing or damaged.
        FileError: another process writes the run folder.
    """
    run = read_run(path)
    with only_writer(path), replaced_result(path, earlier=EVALUATION_FILES) as new:
        scored = score_measured(run, recipe)
        raters = compare_with_raters(scored, corpus=str(run.section("dataset").get("corpus", "")))
        result = Evaluation(
            scored, score_votes(scored), tuple(cautions(scored)), run.report_file, raters=raters
        )
        _write(result, run_story(scored), new, learning=_learning_figures(run))
    return result


def evaluate_measurement(
    measurement: Measurement, recipe: EvaluateRecipe | None = None, *, out: Path | None = None
) -> Evaluation:
    """Score a measurement, and write the same files into a folder as of a run.

    The folder also gets ``predictions.csv``, the votes and the columns of people of what was predicted, and
    ``measurement.json``: the model, the dataset and the protocol.

    Args:
        measurement: The predictions of a model on a dataset.
        recipe: Settings of the scores.
        out: The folder, new or of an earlier measurement of this model and dataset; by default, nothing is
            written.

    Raises:
        RunError: the folder holds something else.
        FileError: another process writes the folder.
    """
    scored = score_measured(measurement, recipe)
    found = (*measurement.cautions, *cautions(scored))
    raters = compare_with_raters(scored, corpus=measurement.corpus)
    result = Evaluation(scored, score_votes(scored), found, raters=raters)
    if out is None:
        return result
    check_measurement_folder(out, model_sha256=measurement.model_sha256, identity=measurement.identity)
    with only_writer(out), replaced_result(out, earlier=MEASUREMENT_FILES) as new:
        predictions, votes, subjects = measurement.predictions, measurement.votes, measurement.subjects
        write_table(new / "predictions.csv", predictions)
        write_votes_and_people(new, predictions, votes=votes, subjects=subjects)
        record = {"cautions": list(found), "evaluation": scored.recipe.to_dict()}
        write_json(new / "measurement.json", measurement.summary() | record)
        _write(result, measurement_story(scored), new)
    return replace(result, report=out / "report.html")


def check_measurement_folder(out: Path, *, model_sha256: str, identity: str) -> None:
    """Check that a folder is new or empty, or holds an earlier measurement of this model on this dataset.

    Args:
        out: The folder.
        model_sha256: SHA-256 of the model's file.
        identity: The dataset's identity.

    Raises:
        RunError: it holds something else.
    """
    if is_new_or_empty(out):
        return
    file = out / "measurement.json"
    if not file.is_file():
        raise RunError(f"{out} holds other files; name a new folder, or that of an earlier measurement")
    there = read_json(
        file, keys={"model": dict, "dataset": dict}, error=RunError, advice="name another folder with --out"
    )
    model, dataset = there["model"], there["dataset"]
    if (model.get("sha256"), dataset.get("identity")) != (model_sha256, identity):
        raise RunError(
            f"{out} holds the measurement of another model or dataset, {model.get('name')} on "
            f"{dataset.get('path')}; name another folder with --out"
        )


def _write(
    result: Evaluation, story: Story, new: Path, *, learning: Mapping[str, Figure] = MappingProxyType({})
) -> None:
    """Write the tables, the figures and the page of a result into a folder."""
    scored, voted = result.scored, result.voted
    write_tables(scored, new)
    if voted:
        write_table(new / "scores_votes.csv", scores_table(voted), float_format=None)
    if result.raters:
        write_table(new / "raters.csv", result.raters.table, float_format=None)
    images = draw_figures(scored, new / "figures", learning)
    page = report_html(scored, story, images, cautions=result.cautions, raters=result.raters)
    write_text(new / "report.html", page)


def write_tables(scored: Scored[Measured], folder: Path) -> None:
    """Write the tables of scored predictions as CSV."""
    labels = scored.measured.labels
    write_table(folder / "scores.csv", scores_table(scored.scores), float_format=None)
    classes = pd.concat([class_table(one, labels=labels) for one in scored.scores])
    write_table(folder / "per_class.csv", classes, float_format=None)
    for one in scored.scores:
        path = folder / f"confusion_{one.part}_{one.level}.csv"
        write_table(path, confusion_table(one, labels=labels), float_format=None, index=True)
    for part, videos in scored.videos.groupby("part"):
        name = "predictions_videos_validation" if part == "validation" else "predictions_videos"
        write_table(folder / f"{name}.csv", videos, float_format=None)
    if scored.measured.people_known:
        write_table(folder / "people.csv", scored.people, float_format=None)
    if scored.compared is not None and scored.compared.columns:
        write_table(folder / "groups.csv", groups_table(scored.compared), float_format=None)
        write_table(folder / "group_differences.csv", differences_table(scored.compared), float_format=None)


def draw_figures(
    scored: Scored[Measured], folder: Path, learning: Mapping[str, Figure] = MappingProxyType({})
) -> dict[str, Path]:
    """Draw every figure of scored predictions as PNG into a folder; return them by name, the file's stem.

    Args:
        scored: The predictions and their scores.
        folder: Where to write.
        learning: Learning curves by name, of a run.
    """
    measured = scored.measured
    figures = {
        f"confusion_{one.part}_{one.level}{suffix}": plots.confusion_figure(
            one, measured.labels, normalised=normalised
        )
        for one in scored.scores
        for suffix, normalised in (("", True), ("_counts", False))
    }
    head = [one for one in scored.scores if one.part == scored.scores[0].part]
    figures["recall"] = plots.recall_figure(head, measured.labels)
    figures["class_histogram"] = plots.histogram_figure(measured.pairs_by_class, measured.labels)
    figures |= learning
    return {name: save(figure, folder / f"{name}.png") for name, figure in figures.items()}


def _learning_figures(run: RunFolder) -> dict[str, Figure]:
    return {
        "learning_loss": plots.loss_figure(run.epochs, best_epoch=run.best_epoch),
        "learning_scores": plots.score_figure(run.epochs, best_epoch=run.best_epoch),
        "learning_rate": plots.rate_figure(run.epochs, best_epoch=run.best_epoch),
    }
