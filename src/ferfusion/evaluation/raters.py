"""The raters beside the model: what people name, how far they agree, and what their disagreement leaves."""

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.metrics import METRICS, IntArray
from ferfusion.evaluation.predictions import predicted_codes
from ferfusion.evaluation.rater_agreement import krippendorff_alpha, rater_confusions, vote_ceiling
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.scoring import Estimate, Scored, estimates_of
from ferfusion.evaluation.uncertainty import NO_INTERVAL
from ferfusion.preparation.votes import votes_by_class

WHO = MappingProxyType(
    {
        "model": "Model",
        "model_clear": "Model, where the majority is clear",
        "rater": "One rater",
        "ceiling_votes": "Ceiling for a model that knows the votes",
        "ceiling_shares": "Ceiling for any model",
    }
)
AGAINST = MappingProxyType(
    {
        "label": "the label",
        "majority": "the raters' majority",
        "majority_of_classes": "the raters' majority among the scored classes",
    }
)
_METRICS = MappingProxyType({name: METRICS[name] for name in ("war", "uar")})
RATER_COLUMNS = ("part", "who", "against", "metric", "value", "low", "high", "baseline", "videos", "people")


@dataclass(frozen=True)
class RaterRow:
    """One score of the model, of a rater, or of the best possible model.

    Attributes:
        who: A key of ``WHO``.
        against: A key of ``AGAINST``. A rater is compared with the majority of the other raters.
        war: Accuracy; a tie of k choices counts 1 / k.
        uar: Mean recall; a ceiling has none.
        videos: Videos that are scored.
        people: People in them.
    """

    who: str
    against: str
    war: Estimate
    uar: Estimate | None
    videos: int
    people: int


@dataclass(frozen=True)
class Raters:
    """The raters of the videos of a part, and the model beside them.

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
        """Return the row of one comparison."""
        return next(row for row in self.rows if (row.who, row.against) == (who, against))

    @property
    def table(self) -> pd.DataFrame:
        """A row for each score, and for each number about the votes."""
        people = self.rows[0].people
        scores = []
        for row in self.rows:
            for name, one in (("war", row.war), ("uar", row.uar)):
                if one is not None:
                    value = [one.value, one.interval.low, one.interval.high, one.baseline]
                    scores.append([self.part, row.who, row.against, name, *value, row.videos, row.people])
        numbers = {
            "alpha": self.alpha,
            "ties": self.ties,
            "without_votes": self.without_votes,
            **dict(zip(("fewest_votes", "median_votes", "most_votes"), self.panel, strict=True)),
        }
        facts = [
            [self.part, "raters", "", name, value, *[math.nan] * 3, self.videos, people]
            for name, value in numbers.items()
        ]
        return pd.DataFrame([*scores, *facts], columns=list(RATER_COLUMNS))


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
    counts = votes_by_class(measured.votes.set_index("video"), measured.labels).reindex(videos["video"])
    rated = (counts.sum(axis=1) > 0).to_numpy()
    if not rated.any():
        return None
    counts, videos = counts[rated].astype(np.int64), videos[rated]
    further = {name: int(counts[name].sum()) for name in counts.columns.drop(list(measured.labels.names))}
    further = {name: number for name, number in further.items() if number}
    classes = measured.labels.names
    votes = counts[[*classes, *further]].to_numpy(np.int64)
    codes = videos["code"].to_numpy(np.int64)
    panel = _Panel(
        votes,
        codes,
        predicted_codes(videos, labels=measured.labels),
        videos["subject"].to_numpy(dtype=str),
        scored.recipe,
    )
    rows = [
        *panel.on_label(measured.majority_code),
        *panel.on_clear_majority(len(classes)),
        *panel.on_majority("majority"),
    ]
    if further:
        rows += panel.of_choices(len(classes)).on_majority("majority_of_classes")
    unchosen = tuple(name for name in classes if not counts[name].any())
    numbers = votes.sum(axis=1)
    return Raters(
        part=part,
        rows=tuple(rows),
        choices=tuple(name for name in (*classes, *further) if name not in unchosen),
        unchosen=unchosen,
        further=further,
        alpha=krippendorff_alpha(votes),
        videos=len(videos),
        without_votes=int((~rated).sum()),
        ties=int((_majorities(votes).sum(axis=1) > 1).sum()),
        panel=(int(numbers.min()), float(np.median(numbers)), int(numbers.max())),
        corpus=corpus,
    )


@dataclass(frozen=True)
class _Panel:
    """Videos with the votes of raters.

    Attributes:
        votes: Votes (N, K).
        codes: Labels (N,).
        predicted: Predictions of the model (N,).
        subjects: People (N,).
        recipe: Settings of the intervals.
    """

    votes: IntArray
    codes: IntArray
    predicted: IntArray
    subjects: np.ndarray
    recipe: EvaluateRecipe

    def of_choices(self, number: int) -> "_Panel":
        """Return the votes for the first choices alone, of the videos with such votes."""
        votes = self.votes[:, :number]
        has = votes.sum(axis=1) > 0
        return _Panel(votes[has], self.codes[has], self.predicted[has], self.subjects[has], self.recipe)

    def on_label(self, majority_code: int) -> list[RaterRow]:
        """Return the model and one rater against the label."""
        labels = np.eye(self.votes.shape[1], dtype=np.int64)[self.codes]
        confusions = {"model": self._of_model(labels), "rater": labels[:, :, None] * self.votes[:, None]}
        return [self._row(who, "label", each, majority_code) for who, each in confusions.items()]

    def on_clear_majority(self, number: int) -> list[RaterRow]:
        """Return the model against majorities that are clear and of the first choices; none without any."""
        tops = _majorities(self.votes)
        clear = (tops.sum(axis=1) == 1) & (tops[:, :number].sum(axis=1) == 1)
        if not clear.any():
            return []
        baseline = int(tops[clear].sum(axis=0).argmax())
        return [self._row("model_clear", "majority", self._of_model(tops)[clear], baseline, of=clear)]

    def on_majority(self, against: str) -> list[RaterRow]:
        """Return the model and one rater against the majority, with the ceilings."""
        tops = _majorities(self.votes)
        scale = math.lcm(*np.unique(tops.sum(axis=1)).tolist())  # so that 1 / k of a tie is a whole number
        true = tops * (scale // tops.sum(axis=1, keepdims=True))
        baseline = int(true.sum(axis=0).argmax())
        model = self._row("model", against, self._of_model(true), baseline)
        several = self.votes.sum(axis=1) > 1
        rows = [model]
        if several.any():
            confusions = rater_confusions(self.votes[several])
            rows.append(self._row("rater", against, confusions, baseline, of=several))
        found = vote_ceiling(
            self.votes,
            self.codes,
            self.subjects,
            resamples=self.recipe.resamples,
            confidence=self.recipe.confidence,
            seed=self.recipe.seed,
        )
        for who, value, interval in (
            ("ceiling_votes", found.from_votes, found.interval),
            ("ceiling_shares", found.from_shares, NO_INTERVAL),
        ):
            estimate = Estimate(value, interval, model.war.majority, model.war.constant)
            rows.append(RaterRow(who, against, estimate, None, model.videos, model.people))
        return rows

    def _of_model(self, true: IntArray) -> IntArray:
        """Return the confusions (N, K, K) of the model's predictions with the true choices (N, K)."""
        answers = np.eye(self.votes.shape[1], dtype=np.int64)[self.predicted]
        confusions: IntArray = true[:, :, None] * answers[:, None]
        return confusions

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


def _majorities(votes: IntArray) -> IntArray:
    """Return 1 for each choice of a row that has the most votes (N, K)."""
    return np.asarray(votes == votes.max(axis=1, keepdims=True), np.int64)
