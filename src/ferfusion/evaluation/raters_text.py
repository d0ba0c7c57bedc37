"""What a report tells of the raters beside the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.evaluation.raters import AGAINST, Raters
from ferfusion.evaluation.scoring import Estimate
from ferfusion.reporting.pages import interval_text, percent
from ferfusion.reporting.words import counted, counted_are, listed

OF_CORPUS = MappingProxyType(
    {
        "cremad": "The label is the expression that the actor was asked for. The raters saw the face without "
        "sound. Replies slower than 10 seconds are not in the corpus's table of votes.",
        "fer2013": "The label is that of FER2013; the votes are those of FER+, of ten raters for each image.",
    }
)
"""What label and votes are, by corpus."""


@dataclass(frozen=True)
class RatersText:
    """Sentences about the raters.

    Attributes:
        lead: Model, raters and ceiling, in one or two sentences.
        facts: The votes: whose, how many, ties, agreement; a sentence or two each.
        against: What each block of rows is compared with, by the key of ``AGAINST``.
    """

    lead: str
    facts: Sequence[str]
    against: dict[str, str]


def raters_text(raters: Raters, *, stills: bool, model: str = "model") -> RatersText:
    """Return the sentences.

    Args:
        raters: The raters beside one or several models.
        stills: Whether the videos are single images.
        model: What a model is called.
    """
    noun = "image" if stills else "video"
    return RatersText(_lead(raters, model), list(_facts(raters, noun)), _against(raters))


def _lead(raters: Raters, model: str) -> str:
    rater, models = raters.of("rater", "label"), raters.all_of("model", "label")
    assert rater.uar is not None
    several = len(models) > 1
    them = f"the {counted(len(models), model)}" if several else f"the {model}"
    naming = (
        f"The raters: one rater names the label in {percent(rater.war.value)} (UAR "
        f"{percent(rater.uar.value)}), {them} in {_span([row.war for row in models])} (UAR "
        f"{_span([row.uar for row in models if row.uar])})."
    )
    ceiling = raters.of("ceiling_votes", "majority").war
    people = "" if ceiling.interval.low != ceiling.interval.low else f" ({interval_text(ceiling.interval)})"
    others = [
        f"one rater predicts the majority of the others in {percent(row.war.value)}"
        for row in raters.rows
        if (row.who, row.against) == ("rater", "majority")
    ]
    first = f"{others[0].capitalize()}, and their" if others else "Their"
    return (
        f"{naming} {first} disagreement sets a ceiling of {percent(ceiling.value)}{people} for agreement "
        f"with the majority; {them} {'have' if several else 'has'} "
        f"{_span([row.war for row in raters.all_of('model', 'majority')])}."
    )


def _span(scores: Sequence[Estimate]) -> str:
    """Return the least and the largest score."""
    ends = (min(score.value for score in scores), max(score.value for score in scores))
    return " to ".join(dict.fromkeys(map(percent, ends)))


def _facts(raters: Raters, noun: str) -> Sequence[str]:
    fewest, median, most = raters.panel
    each = f"{fewest}" if fewest == most else f"{fewest} to {most} (median {median:g})"
    facts = [OF_CORPUS[raters.corpus]] if raters.corpus in OF_CORPUS else []
    facts.append(
        f"{counted(raters.videos, noun)} with votes, of {each} raters each, who chose among "
        f"{listed(raters.choices)}. Krippendorff's alpha, 1 for full agreement and 0 for that of chance, is "
        f"{raters.alpha:.2f}."
    )
    facts.append(
        f"{counted_are(raters.ties, noun)} tied: several choices have the most votes. A tie of k choices "
        "counts 1 / k here. Scores on clear majorities leave ties out."
    )
    if raters.without_votes:
        facts.append(f"{counted_are(raters.without_votes, noun)} without votes, and not in this table.")
    if raters.unchosen:
        facts.append(f"No rater chose {listed(raters.unchosen)}.")
    if raters.further:
        named = listed([f"{name} ({counted(number, 'vote')})" for name, number in raters.further.items()])
        facts.append(
            f"Raters also chose what is not scored here, so that the model has no credit for it: {named}. "
            "The raters' majority counts it; the rows majority_of_classes of the table of raters leave these "
            "votes out."
        )
    return facts


def _against(raters: Raters) -> dict[str, str]:
    used = dict.fromkeys(row.against for row in raters.rows)
    return {key: f"Against {AGAINST[key]}" for key in used}
