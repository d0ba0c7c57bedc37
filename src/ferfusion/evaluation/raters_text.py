"""What a report tells of the raters beside the model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.evaluation.raters import AGAINST, NOT_ESTIMATED, WHO, Raters
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
        lead: Model, raters and what a model can reach by estimate, in two or three sentences.
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
        f"One rater names the label in {percent(rater.war.value)} (UAR {percent(rater.uar.value)}), {them} "
        f"in {_span([row.war for row in models])} (UAR {_span([row.uar for row in models if row.uar])})."
    )
    reached = _span([row.war for row in raters.all_of("model", "majority")])
    others = [
        f"One rater predicts the majority of the others in {percent(row.war.value)}, {them} that of all"
        for row in raters.all_of("rater", "majority")
    ]
    first = (
        others[0] if others else f"{them.capitalize()} {'predict' if several else 'predicts'} the majority"
    )
    return f"{naming} {first} in {reached}. {_reach(raters)}"


def _reach(raters: Raters) -> str:
    """Return what a model can reach by estimate."""
    found = []
    for who, knowing in (("votes", "these votes"), ("shares", "the shares of all raters")):
        one = raters.of(f"reachable_{who}", "majority").war
        if not math.isnan(one.value):
            ends = f" ({interval_text(one.interval)})" if one.has_interval else ""
            found.append(f"{percent(one.value)}{ends} from {knowing}")
    if not found:
        return f"What a model can reach is {NOT_ESTIMATED}."
    return (
        f"A model can reach an estimated {listed(found)}, if all votes are drawn from Dirichlet "
        "distributions of one concentration; if not, a model can exceed this."
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
    for row in raters.not_estimated:
        facts.append(
            f"{WHO[row.who]}, against {AGAINST[row.against]}, is {NOT_ESTIMATED}. The estimate is below a "
            f"score or a constant answer on the same {noun}s, which chance alone can do where they are few."
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
