"""Evaluate a run folder: scores, tables, figures and the report, from its prediction table."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ferfusion.evaluation import plots
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.run_page import report_html
from ferfusion.evaluation.scoring import (
    RunScores,
    Scores,
    class_table,
    confusion_table,
    score_run,
    scores_table,
)
from ferfusion.evaluation.vote_scores import score_votes
from ferfusion.reporting.style import save

SAMPLES = "samples"
"""The picture of crops and flows that training leaves in ``figures``; shown if it is there."""


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found, and where its report is; ``voted`` is on the annotators' majorities."""

    scored: RunScores
    report: Path
    voted: tuple[Scores, ...] = ()


def evaluate_run(path: Path, recipe: EvaluateRecipe | None = None) -> Evaluation:
    """Score a run folder, and write the tables, the figures and the report into it.

    The files are ``scores.csv``, ``per_class.csv``, ``confusion_<part>_<level>.csv``,
    ``predictions_videos.csv``, ``figures/*.png``, ``report.html`` and, of a run on images with votes,
    ``scores_votes.csv``.

    Raises:
        DatasetError: the run folder or one of its files is missing or damaged.
    """
    scored = score_run(read_run(path), recipe)
    write_tables(scored, path)
    pictures = draw_figures(scored, path / "figures")
    report = path / "report.html"
    report.write_text(report_html(scored, pictures), encoding="utf-8")
    voted = score_votes(scored.run, scored.recipe)
    if voted:
        scores_table(voted).to_csv(path / "scores_votes.csv", index=False)
    return Evaluation(scored, report, voted)


def write_tables(scored: RunScores, folder: Path) -> None:
    """Write the tables of a scored run as CSV."""
    labels = scored.run.labels
    scores_table(scored.scores).to_csv(folder / "scores.csv", index=False)
    classes = pd.concat([class_table(one, labels=labels) for one in scored.scores])
    classes.to_csv(folder / "per_class.csv", index=False)
    for one in scored.scores:
        confusion_table(one, labels=labels).to_csv(folder / f"confusion_{one.part}_{one.level}.csv")
    scored.videos.to_csv(folder / "predictions_videos.csv", index=False)


def draw_figures(scored: RunScores, folder: Path) -> dict[str, Path]:
    """Draw every figure of a scored run as PNG; return them by name, which is the file's stem."""
    run = scored.run
    figures = {
        f"confusion_{one.part}_{one.level}{suffix}": plots.confusion_figure(
            one, run.labels, normalised=normalised
        )
        for one in scored.scores
        for suffix, normalised in (("", True), ("_counts", False))
    }
    head = [one for one in scored.scores if one.part == scored.scores[0].part]
    counts = {part: run.class_counts(part) for part in ("train", "validation", "test")}
    figures["recall"] = plots.recall_figure(head, run.labels)
    figures["class_histogram"] = plots.histogram_figure(
        {part: numbers for part, numbers in counts.items() if numbers}, run.labels
    )
    figures |= _learning_figures(run)
    pictures = {name: save(figure, folder / f"{name}.png") for name, figure in figures.items()}
    samples = folder / f"{SAMPLES}.png"
    return pictures | ({SAMPLES: samples} if samples.is_file() else {})


def _learning_figures(run: RunFolder) -> dict[str, Figure]:
    if run.epochs.empty:
        return {}
    figures = {
        "learning_loss": plots.loss_figure(run.epochs, best_epoch=run.best_epoch),
        "learning_scores": plots.score_figure(run.epochs, best_epoch=run.best_epoch),
    }
    if "lr" in run.epochs:
        figures["learning_rate"] = plots.rate_figure(run.epochs, best_epoch=run.best_epoch)
    return figures
