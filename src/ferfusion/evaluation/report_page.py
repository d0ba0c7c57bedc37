"""The report of an evaluation: a single HTML file for readers who do not know the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from ferfusion.evaluation.learned import baseline_name, baseline_rule
from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.metrics import row_shares
from ferfusion.evaluation.people_text import MOST_NAMED, column_notes, group_lines, people_below, person_line
from ferfusion.evaluation.raters import NOT_ESTIMATED, WHO, Raters
from ferfusion.evaluation.raters_text import raters_text
from ferfusion.evaluation.scoring import Scored, Scores, chance
from ferfusion.evaluation.uncertainty import FEW_SUBJECTS
from ferfusion.label_set import LabelSet
from ferfusion.parts import part_words
from ferfusion.reporting.pages import percent, render_page


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


@dataclass(frozen=True)
class Story:
    """What the page tells about predictions beside their scores.

    Attributes:
        kind: What was evaluated, above the title.
        title: Title of the page.
        subtitle: The model in a line.
        unseen: Whether the split of the training keeps the people of the first part out of it.
        steps: The protocol, a sentence or two for each step.
        sizes: The size of each part.
        best_epoch: The epoch that was kept, for the learning curves; None without a training.
        settings: Groups of settings, each with its title.
        repeats: What repeats the result, in a sentence.
        files: The files beside the page, in a sentence or two.
    """

    kind: str
    title: str
    subtitle: str
    unseen: bool
    steps: Sequence[str]
    sizes: Sequence[PartSize]
    best_epoch: int | None
    settings: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    repeats: str
    files: str


def report_html(
    scored: Scored[Measured],
    story: Story,
    images: Mapping[str, Path],
    *,
    cautions: Sequence[str] = (),
    raters: Raters | None = None,
) -> str:
    """Return the page.

    Args:
        scored: The scores.
        story: What to tell beside them.
        images: PNG files by the name that the template knows.
        cautions: Cautions about the scores, a sentence or two each.
        raters: The raters beside the model, where there are votes.
    """
    measured, recipe, head = scored.measured, scored.recipe, scored.scores[0]
    majority = measured.labels.names[measured.majority_code]
    return render_page(
        "report.html.j2",
        images=images,
        story=story,
        head=head,
        scores=scored.scores,
        cautions=cautions,
        raters=raters,
        raters_who=WHO,
        not_estimated=NOT_ESTIMATED,
        raters_text=None if raters is None else raters_text(raters, stills=measured.stills),
        **_people_values(scored),
        baseline_name=baseline_name(f"always predicting “{majority}”", head.war, head.uar),
        baseline_rule=baseline_rule(f"always predicting “{majority}”, {measured.majority_rule}"),
        stills=measured.stills,
        people_known=measured.people_known,
        confidence=f"{100 * recipe.confidence:g}\N{NO-BREAK SPACE}%",
        recipe=recipe,
        beta=f"{recipe.beta:g}",
        chance=chance(head),
        labels=measured.labels.names,
        num_present=int((head.classes.support > 0).sum()),
        worst=worst_mistakes(head, measured.labels),
    )


def _people_values(scored: Scored[Measured]) -> dict[str, Any]:
    """Return what the section about people needs."""
    people = scored.compared
    if people is None:
        return {"people": None}
    return {
        "people": people,
        "people_notes": {column.name: column_notes(column) for column in people.columns},
        "group_lines": group_lines(people),
        "person_line": person_line(people),
        "people_below": people_below(people)[:MOST_NAMED],
        "protocol": scored.measured.protocol,
    }


def cautions(scored: Scored[Measured]) -> list[str]:
    """Return the cautions about the scores of the first part, a sentence or two each."""
    measured, head, found = scored.measured, scored.scores[0], []
    where = part_words(head.part)
    constant = f"always answering “{measured.labels.names[measured.majority_code]}”"
    learned = head.uar.beats_baseline
    if not learned:
        found.append(
            f"Nothing was learned that {where} shows: {baseline_name(constant, head.uar)} has a UAR "
            f"of {percent(head.uar.baseline)}, and the model has {percent(head.uar.value)}."
        )
    if not head.uar.has_interval:
        found.append(f"{where.capitalize()} has a single person: no interval over people can be given.")
    else:
        if learned and head.uar.may_be_baseline:
            found.append(
                "The interval of the UAR reaches down to the baseline "
                f"({percent(head.uar.baseline)}): this does not show that the model recognises expressions."
            )
        if head.subjects < FEW_SUBJECTS:
            found.append(
                f"{where.capitalize()} has {head.subjects} people. With fewer than {FEW_SUBJECTS}, "
                "such intervals are too narrow: the uncertainty is larger than shown."
            )
    if learned and not head.war.beats_baseline:
        found.append(
            f"On accuracy alone (WAR), {baseline_name(constant, head.war)} would be as good or better. "
            "Compare the UAR, which a constant answer does not raise."
        )
    pairs = zip(measured.labels.names, head.classes.support, strict=True)
    present = [name for name, support in pairs if support > 0]
    if absent := [name for name in measured.labels.names if name not in present]:
        found.append(absent_classes_text(head.part, absent, present=present))
    if not measured.people_known:
        found.append(
            "The people in the images are unknown: the model may have learned from the same person, and the "
            "intervals count each image as another person, which makes them too narrow."
        )
    if measured.predicts_videos:
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
    start = f"Without rows in {part_words(part)}: {', '.join(absent)}."
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


def without_place(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dataset's settings with only the name of its folder: a shared page contains no path."""
    named = dict(dataset)
    if "path" in named:
        named["path"] = PurePath(str(named["path"])).name
    return named
