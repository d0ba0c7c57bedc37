"""The raters beside the model: what people name, how far they agree, and what a model could reach."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.metrics import METRICS, IntArray
from ferfusion.evaluation.predictions import predicted_codes
from ferfusion.evaluation.rater_agreement import krippendorff_alpha, rater_confusions, reachable_agreement
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.scoring import Estimate, Scored, estimates_of
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval
from ferfusion.label_set import LabelSet
from ferfusion.preparation.votes import votes_by_class

WHO = MappingProxyType(
    {
        "model": "Model",
        "model_clear": "Model, where the majority is clear",
        "rater": "One rater",
        "reachable_votes": "Estimated reach with these votes",
        "reachable_shares": "Estimated reach with the shares of all raters",
    }
)
NOT_ESTIMATED = "not estimated: the votes do not fit the assumption"
"""What a report has in place of an estimate that is below a score on the same videos."""
AGAINST = MappingProxyType(
    {
        "label": "the label",
        "majority": "the raters' majority",
        "majority_of_classes": "the raters' majority among the scored classes",
    }
)
_PRECISION = 0.005  # of an estimate, from 200 panels for each video
_METRICS = MappingProxyType({name: METRICS[name] for name in ("war", "uar")})
RATER_COLUMNS = ("part", "who", "against", "metric", "value", "low", "high", "baseline", "videos", "people")


@dataclass(frozen=True)
class RaterRow:
    """One score of the model or of a rater, or an estimate of what a model can reach.

    Attributes:
        who: A key of ``WHO``.
        against: A key of ``AGAINST``. A rater is compared with the majority of the other raters.
        war: Accuracy; a tie of k choices counts 1 / k. An estimate that a score contradicts is nan.
        uar: Mean recall; an estimate has none.
        videos: Videos that are scored.
        people: People in them.
        model: Name of the model, where there are several; empty in the rows of raters.
    """

    who: str
    against: str
    war: Estimate
    uar: Estimate | None
    videos: int
    people: int
    model: str = ""


@dataclass(frozen=True)
class Raters:
    """The raters of the videos of a part, and one or several models beside them.

    Attributes:
        part: The part.
        rows: The scores.
        choices: What raters chose, the scored classes first.
        unchosen: Scored classes that no rater chose.
        further: Choices that are no scored class, with their votes.
        alpha: Krippendorff's alpha over all choices.
        videos: Videos with votes.
        without_votes: Videos of the part without votes.
        ties: Videos on which several choices have the most votes.
        panel: Votes of a video: the fewest, the median and the most.
        corpus: Name of the layout of the corpus.
    """

    part: str
    rows: tuple[RaterRow, ...]
    choices: tuple[str, ...]
    unchosen: tuple[str, ...]
    further: dict[str, int]
    alpha: float
    videos: int
    without_votes: int
    ties: int
    panel: tuple[int, float, int]
    corpus: str = ""

    def of(self, who: str, against: str) -> RaterRow:
        """Return the row of one comparison; the first of several models."""
        return self.all_of(who, against)[0]

    def all_of(self, who: str, against: str) -> list[RaterRow]:
        """Return the rows of one comparison, of which each model has one; empty without any."""
        return [row for row in self.rows if (row.who, row.against) == (who, against)]

    @property
    def not_estimated(self) -> list[RaterRow]:
        """The rows of estimates that a score contradicts."""
        return [row for row in self.rows if row.uar is None and math.isnan(row.war.value)]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each score, and for each number about the votes; with names, if models have them."""
        people = self.rows[0].people
        scores = []
        for row in self.rows:
            for name, one in (("war", row.war), ("uar", row.uar)):
                if one is not None:
                    value = [one.value, one.interval.low, one.interval.high, one.baseline]
                    scores.append(
                        [row.model, self.part, row.who, row.against, name, *value, row.videos, row.people]
                    )
        numbers = {
            "alpha": self.alpha,
            "ties": self.ties,
            "without_votes": self.without_votes,
            **dict(zip(("fewest_votes", "median_votes", "most_votes"), self.panel, strict=True)),
        }
        facts = [
            ["", self.part, "raters", "", name, value, *[math.nan] * 3, self.videos, people]
            for name, value in numbers.items()
        ]
        table = pd.DataFrame([*scores, *facts], columns=["variant", *RATER_COLUMNS])
        return table if any(table["variant"]) else table.drop(columns="variant")


def compare_with_raters(scored: Scored[Measured], *, corpus: str = "") -> Raters | None:
    """Return the raters of the first part beside the model, per video; None without votes on it.

    Args:
        scored: The predictions and their scores.
        corpus: Name of the layout of the corpus.
    """
    measured, part = scored.measured, scored.scores[0].part
    if measured.votes is None:
        return None
    videos = scored.videos[scored.videos["part"] == part]
    return raters_beside(
        {"": predicted_codes(videos, labels=measured.labels)[None]},
        videos,
        measured.votes,
        labels=measured.labels,
        part=part,
        majority_code=measured.majority_code,
        recipe=scored.recipe,
        corpus=corpus,
    )


def raters_beside(
    predicted: Mapping[str, IntArray],
    videos: pd.DataFrame,
    votes: pd.DataFrame,
    *,
    labels: LabelSet,
    part: str,
    majority_code: int,
    recipe: EvaluateRecipe,
    corpus: str = "",
) -> Raters | None:
    """Return the raters of videos beside one or several models; None without votes on them.

    Args:
        predicted: By model, the top class of each video for each seed (N, V); scores are means over seeds.
        videos: ``video, subject, code`` of each video (V).
        votes: The votes of a dataset, a row per video.
        labels: The classes.
        part: The part that the videos are of.
        majority_code: What the majority baseline always answers.
        recipe: Settings of the intervals.
        corpus: Name of the layout of the corpus.
    """
    counts = votes_by_class(votes.set_index("video"), labels).reindex(videos["video"])
    rated = (counts.sum(axis=1) > 0).to_numpy()
    if not rated.any():
        return None
    counts, videos = counts[rated].astype(np.int64), videos[rated]
    further = {name: int(counts[name].sum()) for name in counts.columns.drop(list(labels.names))}
    further = {name: number for name, number in further.items() if number}
    classes = labels.names
    chosen = counts[[*classes, *further]].to_numpy(np.int64)
    choices = np.eye(chosen.shape[1], dtype=np.int64)
    panel = _Panel(
        chosen,
        videos["code"].to_numpy(np.int64),
        {name: choices[codes[:, rated]].sum(axis=0) for name, codes in predicted.items()},
        videos["subject"].to_numpy(dtype=str),
        recipe,
    )
    rows = [
        *panel.on_label(majority_code),
        *panel.on_clear_majority(len(classes)),
        *panel.on_majority("majority"),
    ]
    if further:
        rows += panel.of_choices(len(classes)).on_majority("majority_of_classes")
    unchosen = tuple(name for name in classes if not counts[name].any())
    numbers = chosen.sum(axis=1)
    return Raters(
        part=part,
        rows=tuple(rows),
        choices=tuple(name for name in (*classes, *further) if name not in unchosen),
        unchosen=unchosen,
        further=further,
        alpha=krippendorff_alpha(chosen),
        videos=len(videos),
        without_votes=int((~rated).sum()),
        ties=int((_majorities(chosen).sum(axis=1) > 1).sum()),
        panel=(int(numbers.min()), float(np.median(numbers)), int(numbers.max())),
        corpus=corpus,
    )


@dataclass(frozen=True)
class _Panel:
    """Videos with the votes of raters.

    Attributes:
        votes: Votes (N, K).
        codes: Labels (N,).
        answers: By model, the number of its seeds that answer each choice (N, K).
        subjects: People (N,).
        recipe: Settings of the intervals.
    """

    votes: IntArray
    codes: IntArray
    answers: Mapping[str, IntArray]
    subjects: np.ndarray
    recipe: EvaluateRecipe

    def of_choices(self, number: int) -> "_Panel":
        """Return the votes for the first choices alone, of the videos with such votes."""
        votes = self.votes[:, :number]
        has = votes.sum(axis=1) > 0
        answers = {name: each[has, :number] for name, each in self.answers.items()}
        return _Panel(votes[has], self.codes[has], answers, self.subjects[has], self.recipe)

    def on_label(self, majority_code: int) -> list[RaterRow]:
        """Return the models and one rater against the label."""
        labels = np.eye(self.votes.shape[1], dtype=np.int64)[self.codes]
        rater = self._row("rater", "label", labels[:, :, None] * self.votes[:, None], majority_code)
        return [*self._models("model", "label", labels, majority_code), rater]

    def on_clear_majority(self, number: int) -> list[RaterRow]:
        """Return the models against majorities that are clear and of the first choices; none without any."""
        tops = _majorities(self.votes)
        clear = (tops.sum(axis=1) == 1) & (tops[:, :number].sum(axis=1) == 1)
        if not clear.any():
            return []
        baseline = int(tops[clear].sum(axis=0).argmax())
        return self._models("model_clear", "majority", tops, baseline, of=clear)

    def on_majority(self, against: str) -> list[RaterRow]:
        """Return the models and one rater against the majority, and what a model can reach by estimate.

        An estimate is below no score of the same videos: there the votes do not fit its assumption, or few
        videos scored high by chance. It is nan then, as is an estimate below the best constant answer.
        """
        tops = _majorities(self.votes)
        scale = math.lcm(*np.unique(tops.sum(axis=1)).tolist())  # so that 1 / k of a tie is a whole number
        true = tops * (scale // tops.sum(axis=1, keepdims=True))
        baseline = int(true.sum(axis=0).argmax())
        rows = self._models("model", against, true, baseline)
        model = rows[0]
        several = self.votes.sum(axis=1) > 1
        if several.any():
            confusions = rater_confusions(self.votes[several])
            rows.append(self._row("rater", against, confusions, baseline, of=several))
        found = reachable_agreement(
            self.votes,
            self.codes,
            self.subjects,
            resamples=self.recipe.resamples,
            confidence=self.recipe.confidence,
            seed=self.recipe.seed,
        )
        highest = max(model.war.baseline, *(row.war.value for row in rows))
        for who, value, interval in (
            ("reachable_votes", found.from_votes, found.interval),
            ("reachable_shares", found.from_shares, NO_INTERVAL),
        ):
            reach = _not_below(highest, value, interval)
            estimate = Estimate(*reach, model.war.majority, model.war.constant)
            rows.append(RaterRow(who, against, estimate, None, model.videos, model.people))
        return rows

    def _models(
        self, who: str, against: str, true: IntArray, majority_code: int, *, of: np.ndarray | None = None
    ) -> list[RaterRow]:
        """Return the scores of each model on the true choices (N, K) of all videos, or ``of`` some."""
        kept = slice(None) if of is None else of
        return [
            replace(
                self._row(who, against, (true[:, :, None] * own[:, None])[kept], majority_code, of=of),
                model=name,
            )
            for name, own in self.answers.items()
        ]

    def _row(
        self,
        who: str,
        against: str,
        confusions: IntArray,
        majority_code: int,
        *,
        of: np.ndarray | None = None,
    ) -> RaterRow:
        """Return the scores of confusions (N, K, K) of all videos, or ``of`` some, with their intervals."""
        names, persons = np.unique(self.subjects if of is None else self.subjects[of], return_inverse=True)
        by_subject = np.zeros((len(names), *confusions.shape[1:]), np.int64)
        np.add.at(by_subject, persons, confusions)
        scores = estimates_of(by_subject, majority_code=majority_code, recipe=self.recipe, metrics=_METRICS)
        return RaterRow(who, against, scores["war"], scores["uar"], len(confusions), len(names))


def _not_below(highest: float, value: float, interval: Interval) -> tuple[float, Interval]:
    """Return an estimate and its interval; nan if it is below the highest score beyond its precision."""
    if value < highest - _PRECISION:
        return math.nan, NO_INTERVAL
    return max(value, highest), Interval(interval.low, max(interval.high, highest))


def _majorities(votes: IntArray) -> IntArray:
    """Return 1 for each choice of a row that has the most votes (N, K)."""
    return np.asarray(votes == votes.max(axis=1, keepdims=True), np.int64)
