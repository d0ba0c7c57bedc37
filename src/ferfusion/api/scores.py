"""Scores of a run or of a measurement, with intervals over people and the baseline beside each."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ferfusion.api.runs import Run
from ferfusion.api.tables import titled_table
from ferfusion.evaluation.evaluate import Evaluation
from ferfusion.evaluation.learned import baseline_rule
from ferfusion.evaluation.people_groups import (
    DIFFERENCE_COLUMNS,
    GROUP_COLUMNS,
    differences_table,
    groups_table,
)
from ferfusion.evaluation.people_text import group_lines, person_line
from ferfusion.evaluation.raters import RATER_COLUMNS
from ferfusion.evaluation.raters_text import raters_text
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.evaluation.scoring import LEVELS, class_table, confusion_table, scores_table
from ferfusion.evaluation.scoring import Scores as PartScores
from ferfusion.evaluation.vote_scores import vote_lines
from ferfusion.reporting.pages import interval_text, percent
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False, eq=False)
class Scores:
    """The scores of a run on each part, or of any model on a dataset, per video and per pair.

    Made by ``evaluate``.

    >>> scores = fer.Run("run").evaluate()
    >>> scores.scores.columns.tolist()
    ['part', 'level', 'metric', 'value', 'low', 'high', 'baseline', 'people']
    >>> scores.confusion("test", "video").shape
    (6, 6)
    """

    _evaluation: Evaluation

    @property
    def scores(self) -> pd.DataFrame:
        """``part, level, metric, value, low, high, baseline, people``: a row per part, level and metric.

        Values are shares from 0 to 1; ``low`` and ``high`` are the interval over people, nan with one person.
        """
        return scores_table(self._evaluation.scored.scores)

    @property
    def classes(self) -> pd.DataFrame:
        """``part, level, emotion, support, predicted, precision, recall, f1, f_beta``: a row per class."""
        scored = self._evaluation.scored
        tables = [class_table(one, labels=scored.measured.labels) for one in scored.scores]
        return pd.concat(tables, ignore_index=True)

    @property
    def people(self) -> pd.DataFrame:
        """``part, subject, videos, war, low, high, uar, classes, note``: a row per person of the test part.

        Of the validation part if there is no test part; empty if the images are of unknown people. The
        interval is Wilson's, over the person's videos; the note says where they are too few.
        ``war_shrunk, shrunk_low, shrunk_high`` are the accuracy drawn towards the mean of all people, the
        more so the fewer videos a person has: rank people by it, not by ``war``.
        """
        return self._evaluation.scored.people

    @property
    def groups(self) -> pd.DataFrame:
        """``part, level, column, group, people, videos, classes, metric, value, low, high, note``.

        A row per column of people, such as age or sex, group and metric, per video of the test part; empty
        without such columns (``subjects.csv`` of the dataset). Groups of fewer than five people have a note.
        """
        compared = self._evaluation.scored.compared
        return pd.DataFrame(columns=list(GROUP_COLUMNS)) if compared is None else groups_table(compared)

    @property
    def group_differences(self) -> pd.DataFrame:
        """``part, level, metric, column, first, second, difference, p, p_adjusted, detectable``.

        A row per two groups of five people or more: the difference in UAR, its p-value by permuting people,
        the same with Holm's correction over all rows, and the difference that such a test finds in 80 of 100
        samples.
        """
        compared = self._evaluation.scored.compared
        empty = pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))
        return empty if compared is None else differences_table(compared)

    @property
    def people_lines(self) -> list[str]:
        """What was found about groups of people and single people, a sentence or two each."""
        compared = self._evaluation.scored.compared
        return [] if compared is None else [*group_lines(compared), person_line(compared)]

    @property
    def votes(self) -> pd.DataFrame:
        """The same as ``scores``, on the majority of the raters' votes; empty without votes.

        Videos without a clear majority for one of the classes do not count.
        """
        return scores_table(self._evaluation.voted)

    @property
    def raters(self) -> pd.DataFrame:
        """``part, who, against, metric, value, low, high, baseline, videos, people``; empty without votes.

        The model and one rater against the label and against the raters' majority, where a tie of k choices
        counts 1 / k, and what a model can reach by estimate (empty where the votes do not fit its
        assumption); then the raters' agreement.
        """
        raters = self._evaluation.raters
        return pd.DataFrame(columns=list(RATER_COLUMNS)) if raters is None else raters.table

    def confusion(self, part: str = "test", level: str = "video") -> pd.DataFrame:
        """Return the counts of one part at one level (C, C): true classes in rows, predicted in columns.

        Raises:
            ConfigError: the level is neither video nor pair.
            RunError: the run has no predictions of that part.
        """
        scored = self._evaluation.scored
        return confusion_table(scored.of(part, level), labels=scored.measured.labels)

    @property
    def predictions(self) -> pd.DataFrame:
        """A row per pair that is scored: true label, and a probability for each class."""
        return self._evaluation.scored.measured.predictions.copy(deep=False)

    @property
    def run(self) -> Run | None:
        """The run; None for a model on another dataset than that of its training."""
        measured = self._evaluation.scored.measured
        return Run(measured.path) if isinstance(measured, RunFolder) else None

    @property
    def report(self) -> Path | None:
        """Path of the page; None if nothing was written."""
        return self._evaluation.report

    @property
    def confidence(self) -> float:
        """Share of the resampled scores inside an interval."""
        return self._evaluation.scored.recipe.confidence

    @property
    def protocol(self) -> str:
        """How the parts were divided and how the epoch was chosen, in a sentence."""
        return self._evaluation.scored.measured.protocol

    @property
    def baseline(self) -> str:
        """What a model must exceed, in a sentence."""
        return baseline_rule(f"always {self._majority}, {self._evaluation.scored.measured.majority_rule}")

    @property
    def cautions(self) -> list[str]:
        """What to know before believing the scores, a sentence or two each."""
        return list(self._evaluation.cautions)

    @property
    def vote_lines(self) -> list[str]:
        """The scores on the majority of the raters' votes, and the raters beside the model, in sentences."""
        evaluation = self._evaluation
        stills = evaluation.scored.measured.stills
        lines = vote_lines(evaluation.voted, noun="image" if stills else "video")
        return [*lines, raters_text(evaluation.raters, stills=stills).lead] if evaluation.raters else lines

    @property
    def summary(self) -> pd.DataFrame:
        """The scores as text, a row per part and level, with intervals in brackets."""
        return pd.DataFrame([_texts(one) for one in self._evaluation.scored.scores])

    def plot_confusion(
        self, part: str = "test", level: str = "video", *, normalised: bool = True
    ) -> "Figure":
        """Draw the confusion matrix of one part at one level: percent of each true class, or counts.

        Raises:
            ConfigError: the level is neither video nor pair.
            RunError: the run has no predictions of that part.
        """
        from ferfusion.evaluation.plots import confusion_figure  # noqa: PLC0415 matplotlib

        scored = self._evaluation.scored
        return confusion_figure(scored.of(part, level), scored.measured.labels, normalised=normalised)

    def plot_recall(self, part: str = "test") -> "Figure":
        """Draw the recall of each class, per video and per pair.

        Raises:
            RunError: the run has no predictions of that part.
        """
        from ferfusion.evaluation.plots import recall_figure  # noqa: PLC0415 matplotlib

        scored = self._evaluation.scored
        return recall_figure([scored.of(part, level) for level in LEVELS], scored.measured.labels)

    @property
    def _head(self) -> PartScores:
        return self._evaluation.scored.scores[0]

    @property
    def _majority(self) -> str:
        measured = self._evaluation.scored.measured
        return measured.labels.names[measured.majority_code]

    def __repr__(self) -> str:
        head = self._head
        scores = f"WAR {head.war.value:.3f}, UAR {head.uar.value:.3f}"
        baseline = f"baseline {head.war.baseline:.3f} and {head.uar.baseline:.3f}"
        return (
            f"Scores({self._evaluation.scored.measured.title!r}: {head.part}, per {head.level}: "
            f"{scores}, {baseline}; {counted(head.subjects, 'person')})"
        )

    def _repr_html_(self) -> str:
        """Return the summary with protocol, baseline and cautions, for a notebook."""
        title = f"Scores, with {self.confidence:.0%} intervals over people"
        lines = "<br>".join(map(html.escape, [self.protocol, self.baseline, *self.cautions]))
        return f"{titled_table(title, self.summary)}<p>{lines}</p>"


def _texts(scores: PartScores) -> dict[str, str]:
    cells = {
        name: f"{percent(estimate.value)} ({interval_text(estimate.interval)})"
        for name, estimate in zip(("WAR", "UAR", "macro-F1"), scores.estimates.values(), strict=True)
    }
    baseline = f"{percent(scores.war.baseline)} / {percent(scores.uar.baseline)}"
    counts = {"rows": f"{scores.rows:,}", "people": str(scores.subjects)}
    return {"part": scores.part, "level": scores.level, **cells, "baseline WAR / UAR": baseline, **counts}
