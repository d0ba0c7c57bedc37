"""The page with a run's explanations: one HTML file without other files."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ferfusion.explanation.deletion import ANOTHER, OWN, RANDOM
from ferfusion.explanation.drawing import MINUS, STREAM_WORDS, signed, tiles
from ferfusion.explanation.examples import ClassExamples
from ferfusion.explanation.gallery import is_narrow
from ferfusion.explanation.pairs import RunPairs
from ferfusion.explanation.recipe import METHOD_NAMES, ExplainRecipe
from ferfusion.explanation.sanity_checks import DeletionCheck, SanityChecks
from ferfusion.reporting.pages import render_page
from ferfusion.reporting.words import counted


@dataclass(frozen=True)
class ContributionRow:
    """Mean contributions to the predictions of one class: their number, baseline, and a text per stream."""

    name: str
    answers: int
    baseline: str
    streams: tuple[str, ...]


@dataclass(frozen=True)
class DeletionRow:
    """One row of the deletion table, as texts."""

    method: str
    stream: str
    own: str
    another: str
    random: str
    gain: str
    chosen: bool


def page_html(
    run: Path,
    source: RunPairs,
    classes: list[ClassExamples],
    checks: SanityChecks | None,
    *,
    images: Mapping[str, Path],
    recipe: ExplainRecipe,
) -> str:
    """Return the page.

    Args:
        run: The run folder.
        source: Its model and pairs.
        classes: The examples of every class.
        checks: The sanity checks, if they were made.
        images: PNG files: ``<class>_correct``, ``<class>_wrong``, ``deletion_<stream>``, ``randomisation``.
        recipe: Settings of the explanation.
    """
    streams = list(source.explainer.inputs)
    answers = pd.concat([one.answers for one in classes])
    examples = [example for one in classes for example in (*one.correct, *one.wrong)]
    time_steps = max(
        (len(maps) for example in examples for maps in example.explanation.maps.values()), default=1
    )
    return render_page(
        "explain.html.j2",
        images=images,
        name=run.resolve().name,
        classes=classes,
        narrow=all(is_narrow(tiles(one.face_input, one.explanation, side=1)) for one in examples[:1]),
        time_steps=time_steps,
        recipe=recipe,
        method=METHOD_NAMES[recipe.method],
        streams=[STREAM_WORDS.get(name, name) for name in streams],
        has_flow="flow" in streams,
        has_actions="actions" in streams,
        reads_images=streams != ["actions"],
        nothing=_nothing(streams),
        nothing_short="Level face at rest" if streams == ["actions"] else "Blank face, no motion",
        contributions=contribution_rows(answers, source.pairs.labels.names, streams),
        why_not=contribution_rows(answers, source.pairs.labels.names, streams, explained=recipe.why_not),
        blank=dict(
            zip(source.pairs.labels.names, source.explainer.blank_probabilities.tolist(), strict=True)
        ),
        checks=checks,
        deletions=[] if checks is None else [_deletion_row(one, recipe) for one in checks.deletions],
    )


def _nothing(streams: list[str]) -> str:
    """Return what the contributions of the streams are against, in words."""
    if streams == ["actions"]:
        return "a level face at rest"
    return "a blank face without motion" + (", level and at rest" if "actions" in streams else "")


def contribution_rows(
    answers: pd.DataFrame, names: tuple[str, ...], streams: list[str], *, explained: str | None = None
) -> list[ContributionRow]:
    """Return the mean contributions over the pairs that are predicted as each class, correct or wrong.

    Args:
        answers: The table of ``read_answers``.
        names: Names of the classes.
        streams: Names of the streams.
        explained: The class that the contributions are to; None for the predicted class.
    """
    rows = []
    for name in names:
        wanted = name if explained is None else explained
        predicted = answers[(answers["expression"] == name) & (answers["explained"] == wanted)]
        if len(predicted):
            means = tuple(signed(float(predicted[stream].mean())) for stream in streams)
            baseline = signed(float(predicted["baseline"].mean()))
            rows.append(ContributionRow(name, len(predicted), baseline, means))
    return rows


def _deletion_row(check: DeletionCheck, recipe: ExplainRecipe) -> DeletionRow:
    low, high = check.gain_interval.low, check.gain_interval.high
    interval = "" if math.isnan(low) else f" ({low:.2f} to {high:.2f})"
    return DeletionRow(
        method=METHOD_NAMES[check.method],
        stream=STREAM_WORDS.get(check.stream, check.stream),
        own=f"{check.areas[OWN]:.2f}",
        another=f"{check.areas[ANOTHER]:.2f}",
        random=f"{check.areas[RANDOM]:.2f}",
        gain=f"{check.gain:.2f}{interval}".replace("-", MINUS),
        chosen=check.method == recipe.method,
    )


def check_lines(checks: SanityChecks) -> list[str]:
    """Return the results of the sanity checks, a line for every method and stream."""
    tested = f"{counted(checks.pairs, 'pair')} of {counted(checks.subjects, 'person')}"
    lines = [f"Deletion, {tested}: area under the curve, by the map and at random"]
    for deletion in checks.deletions:
        low, high = deletion.gain_interval.low, deletion.gain_interval.high
        interval = "no interval" if math.isnan(low) else f"95 % interval {low:.3f} to {high:.3f}"
        lines.append(
            f"  {METHOD_NAMES[deletion.method]}, {deletion.stream}: {deletion.areas[OWN]:.3f} against "
            f"{deletion.areas[RANDOM]:.3f}, {deletion.gain:.3f} less ({interval})"
        )
    lines.append("Random weights: rank correlation with the trained model's maps, layer by layer")
    for one in checks.randomisations:
        for stream in one.other_pairs:
            values = ", ".join(f"{step.correlations[stream]:.2f}" for step in one.steps)
            lines.append(f"  {METHOD_NAMES[one.method]}, {stream}: {values}")
    return lines
