"""Evaluate a run folder: scores, tables, figures and the report, from its prediction table."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ferfusion.evaluation import plots
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import EVALUATION_FILES, RunFolder, read_run
from ferfusion.evaluation.run_page import cautions, report_html
from ferfusion.evaluation.scoring import (
    RunScores,
    Scores,
    class_table,
    confusion_table,
    score_run,
    scores_table,
)
from ferfusion.evaluation.vote_scores import score_votes, vote_lines
from ferfusion.files import write_text
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.parts import PARTS
from ferfusion.reporting.style import save
from ferfusion.tables import write_table


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        scored: The scores.
        voted: Scores on the majority of the annotators' votes, of a run on images with votes.
        cautions: Cautions about the scores, a sentence or two each.
        report: Path of the page.
    """

    scored: RunScores
    voted: tuple[Scores, ...]
    cautions: tuple[str, ...]
    report: Path


def evaluate_run(path: Path, recipe: EvaluateRecipe | None = None) -> Evaluation:
    """Score a run folder, and write the tables, the figures and the report into it.

    The files are ``scores.csv``, ``per_class.csv``, ``confusion_<part>_<level>.csv``,
    ``people.csv``, ``predictions_videos.csv`` of the test part, ``predictions_videos_validation.csv``,
    ``figures/*.png``, ``report.html`` and, of a run on images with votes,
    ``scores_votes.csv``. They replace those of an earlier evaluation together.

    Raises:
        RunError: the run folder or one of its files is missing or damaged.
        FileError: another process writes the run folder.
    """
    run = read_run(path)
    with only_writer(path), replaced_result(path, earlier=EVALUATION_FILES) as new:
        scored = score_run(run, recipe)
        write_tables(scored, new)
        voted = score_votes(run, scored.recipe)
        if voted:
            write_table(new / "scores_votes.csv", scores_table(voted), float_format=None)
        found = tuple(cautions(scored))
        images = draw_figures(scored, RunFolder(new).figures)
        page = report_html(scored, images, cautions=found, vote_lines=vote_lines(voted))
        write_text(RunFolder(new).report_file, page)
    return Evaluation(scored, voted, found, run.report_file)


def write_tables(scored: RunScores, folder: Path) -> None:
    """Write the tables of a scored run as CSV."""
    labels = scored.run.labels
    write_table(folder / "scores.csv", scores_table(scored.scores), float_format=None)
    classes = pd.concat([class_table(one, labels=labels) for one in scored.scores])
    write_table(folder / "per_class.csv", classes, float_format=None)
    for one in scored.scores:
        path = folder / f"confusion_{one.part}_{one.level}.csv"
        write_table(path, confusion_table(one, labels=labels), float_format=None, index=True)
    for part, name in (("test", "predictions_videos"), ("validation", "predictions_videos_validation")):
        videos = scored.videos[scored.videos["part"] == part]
        if len(videos):
            write_table(folder / f"{name}.csv", videos, float_format=None)
    if scored.run.people_known:
        write_table(folder / "people.csv", scored.people, float_format=None)


def draw_figures(scored: RunScores, folder: Path) -> dict[str, Path]:
    """Draw every figure of a scored run as PNG into a folder; return them by name, the file's stem."""
    run = scored.run
    figures = {
        f"confusion_{one.part}_{one.level}{suffix}": plots.confusion_figure(
            one, run.labels, normalised=normalised
        )
        for one in scored.scores
        for suffix, normalised in (("", True), ("_counts", False))
    }
    head = [one for one in scored.scores if one.part == scored.scores[0].part]
    counts = {part: run.class_counts(part) for part in PARTS}
    figures["recall"] = plots.recall_figure(head, run.labels)
    figures["class_histogram"] = plots.histogram_figure(
        {part: numbers for part, numbers in counts.items() if numbers}, run.labels
    )
    figures |= _learning_figures(run)
    return {name: save(figure, folder / f"{name}.png") for name, figure in figures.items()}


def _learning_figures(run: RunFolder) -> dict[str, Figure]:
    return {
        "learning_loss": plots.loss_figure(run.epochs, best_epoch=run.best_epoch),
        "learning_scores": plots.score_figure(run.epochs, best_epoch=run.best_epoch),
        "learning_rate": plots.rate_figure(run.epochs, best_epoch=run.best_epoch),
    }
