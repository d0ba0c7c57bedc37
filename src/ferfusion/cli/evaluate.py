"""``ferfusion evaluate RUN``: scores, figures and a report from a run's predictions."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ferfusion.evaluation.pages import interval_text, percent
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.report import cautions
from ferfusion.evaluation.run import evaluate_run
from ferfusion.evaluation.scoring import Estimate, Scores


def evaluate(
    run: Path,
    *,
    recipe: Annotated[EvaluateRecipe, Parameter(name="*")] = EvaluateRecipe(),  # noqa: B008 frozen
) -> None:
    """Score a run, per pair and per video, and write its figures and its report.

    Args:
        run: Folder that `train` wrote.
        recipe: How the scores and their intervals are made.
    """
    evaluation = evaluate_run(run, recipe)
    scored = evaluation.scored
    head = scored.scores[0]
    majority = scored.majorities[head.part]
    answer = scored.run.labels.names[majority.code]
    counted_in = "training" if majority.counted_in == "train" else majority.counted_in
    console = Console()
    console.print(scores_table(scored.scores, confidence=recipe.confidence))
    console.print(scored.run.protocol)
    console.print(f"Majority baseline: always {answer}, the most frequent class of the {counted_in} part.")
    for caution in cautions(
        head, majority=answer, answers_videos=scored.run.answers_videos, stills=scored.run.stills
    ):
        console.print(caution, style="yellow")
    for one in evaluation.voted:
        console.print(
            f"On the majority of the annotators' votes, {one.part}, {one.rows:,} images: "
            f"WAR {percent(one.war.value)} (majority {percent(one.war.majority)}), "
            f"UAR {percent(one.uar.value)} (majority {percent(one.uar.majority)})."
        )
    console.print(f"Report: {escape(str(evaluation.report))}", soft_wrap=True)


def scores_table(scores: tuple[Scores, ...], *, confidence: float) -> Table:
    """Return the scores as a table for the terminal, WAR and UAR side by side."""
    table = Table(title=f"Scores, with {confidence:.0%} intervals over people", title_justify="left")
    table.add_column("Part, level")
    for name in ("WAR", "UAR", "macro-F1", "majority\nWAR / UAR", "rows", "people"):
        table.add_column(name, justify="right")
    for one in scores:
        table.add_row(
            f"{one.part}\nper {one.level}",
            *(estimate_cell(estimate) for estimate in one.estimates.values()),
            f"{percent(one.war.majority)}\n{percent(one.uar.majority)}",
            f"{one.rows:,}",
            str(one.subjects),
            end_section=one.level == "pair",
        )
    return table


def estimate_cell(estimate: Estimate) -> str:
    """Return a score with its interval below it, in rich's markup."""
    return f"[bold]{percent(estimate.value)}[/bold]\n[dim]{interval_text(estimate.interval)}[/dim]"
