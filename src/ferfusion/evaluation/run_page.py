"""The report of one run: a single HTML file for readers who do not know the project."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ferfusion.evaluation.metrics import row_shares
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.evaluation.scoring import RunScores, Scores, chance
from ferfusion.evaluation.uncertainty import FEW_SUBJECTS
from ferfusion.labels import LabelSet
from ferfusion.reporting.pages import minutes_text, percent, render_page


@dataclass(frozen=True)
class Mistake:
    """One confusion: the rows of a true class that are predicted as another class."""

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class PartSize:
    """The size of a part of the split."""

    name: str
    subjects: int
    videos: int
    pairs: int


def report_html(
    scored: RunScores,
    images: Mapping[str, Path],
    *,
    cautions: Sequence[str] = (),
    vote_lines: Sequence[str] = (),
) -> str:
    """Return the page.

    Args:
        scored: The run and its scores.
        images: PNG files by the name that the template knows.
        cautions: Cautions about the scores, a sentence or two each.
        vote_lines: The scores on the annotators' votes, a sentence each.
    """
    run, recipe = scored.run, scored.recipe
    head = scored.scores[0]
    majority = run.labels.names[run.majority_code]
    return render_page(
        "report.html.j2",
        images=images,
        name=run.path.resolve().name,
        variant=run.variant,
        parameters=run.parameters,
        minutes=minutes_text(run.seconds),
        head=head,
        scores=scored.scores,
        cautions=cautions,
        vote_lines=vote_lines,
        majority=majority,
        stills=run.stills,
        people_known=run.people_known,
        official_parts=run.has_official_parts_only,
        has_test="test" in run.parts,
        confidence=f"{100 * recipe.confidence:g}\N{NO-BREAK SPACE}%",
        recipe=recipe,
        beta=f"{recipe.beta:g}",
        chance=chance(head),
        labels=run.labels.names,
        num_present=int((head.classes.support > 0).sum()),
        parts=part_sizes(scored),
        worst=worst_mistakes(head, run.labels),
        best_epoch=run.best_epoch,
        settings=_settings(run, asdict(recipe)),
    )


def cautions(scored: RunScores) -> list[str]:
    """Return the cautions about the scores of the first part, a sentence or two each."""
    run, head, found = scored.run, scored.scores[0], []
    majority = run.labels.names[run.majority_code]
    learned = head.uar.beats_majority
    if not learned:
        found.append(
            f"Nothing was learned that the {head.part} part shows: always answering “{majority}” has a UAR "
            f"of {percent(head.uar.majority)}, and the model has {percent(head.uar.value)}."
        )
    if not head.uar.has_interval:
        found.append(f"The {head.part} part has a single person: no interval over people can be given.")
    else:
        if learned and head.uar.interval.low <= head.uar.majority:
            found.append(
                "The interval of the UAR reaches down to the majority baseline "
                f"({percent(head.uar.majority)}): this does not show that the model recognises expressions."
            )
        if head.subjects < FEW_SUBJECTS:
            found.append(
                f"The {head.part} part has {head.subjects} people. With fewer than {FEW_SUBJECTS}, "
                "such intervals are too narrow: the uncertainty is larger than shown."
            )
    if learned and not head.war.beats_majority:
        found.append(
            f"On accuracy alone (WAR), always answering “{majority}” would be as good or better. "
            "Compare the UAR, which a constant answer does not raise."
        )
    pairs = zip(run.labels.names, head.classes.support, strict=True)
    present = [name for name, support in pairs if support > 0]
    if absent := [name for name in run.labels.names if name not in present]:
        found.append(absent_classes_text(head.part, absent, present=present))
    if not run.people_known:
        found.append(
            "The people in the images are unknown: the same person may be in two parts, and the intervals "
            "count each image as another person, which makes them too narrow."
        )
    if run.predicts_videos:
        found.append(
            "This model predicts whole videos: its scores per pair count the prediction of a video once for "
            "each pair, and cannot be compared with the per-pair scores of other models."
        )
    return found


def absent_classes_text(part: str, absent: Sequence[str], *, present: Sequence[str]) -> str:
    """Return a caution about classes without rows in a part.

    >>> absent_classes_text("test", ["Fear"], present=["Anger"])
    'Without rows in the test part: Fear. All others are Anger, so one answer can always be right.'
    """
    start = f"Without rows in the {part} part: {', '.join(absent)}."
    if len(present) == 1:
        return f"{start} All others are {present[0]}, so one answer can always be right."
    return f"{start} UAR and macro-F1 are means over the other {len(present)} classes."


def worst_mistakes(scores: Scores, labels: LabelSet, *, limit: int = 3) -> list[Mistake]:
    """Return the confusions with the largest shares of their true class, the largest first."""
    shares = np.nan_to_num(row_shares(scores.confusion))
    np.fill_diagonal(shares, 0.0)
    order = np.argsort(-shares, axis=None, kind="stable")[:limit]
    cells = [divmod(int(cell), len(labels)) for cell in order]
    return [
        Mistake(
            labels.names[true],
            labels.names[predicted],
            int(scores.confusion[true, predicted]),
            float(shares[true, predicted]),
        )
        for true, predicted in cells
        if shares[true, predicted] > 0
    ]


def part_sizes(scored: RunScores) -> list[PartSize]:
    """Return the size of each part: of the training part from the settings, of others from predictions."""
    run = scored.run
    sizes = {part: scored.of(part, "pair") for part in run.parts}
    rows = [
        PartSize(part, pairs.subjects, pairs.videos, pairs.rows)
        for part in ("validation", "test")
        if (pairs := sizes.get(part))
    ]
    train = PartSize(
        "training",
        run.section("subjects")["train"],
        run.section("videos")["train"],
        sum(run.class_counts("train").values()),
    )
    return [train, *rows]


def _settings(run: RunFolder, evaluation: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups = {
        "Model": run.section("model"),
        "Training": run.section("recipe"),
        "Dataset": _without_place(run.section("dataset")),
        "Evaluation": evaluation,
    }
    return [(title, flat_settings(group)) for title, group in groups.items() if group]


def flat_settings(group: Mapping[str, Any], *, prefix: str = "") -> list[tuple[str, str]]:
    """Return settings as rows of text; those of a group inside are named ``group.name``."""
    rows = []
    for key, value in group.items():
        if isinstance(value, Mapping):
            rows += flat_settings(value, prefix=f"{prefix}{key}.")
        else:
            rows.append((prefix + key, _text(value)))
    return rows


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)


def _without_place(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dataset's settings with only the name of its folder: a shared page contains no path."""
    named = dict(dataset)
    if "path" in named:
        named["path"] = PurePath(str(named["path"])).name
    return named
