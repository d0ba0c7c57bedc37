import math
from dataclasses import replace

import pytest

from ferfusion.evaluation.raters import RaterRow, Raters
from ferfusion.evaluation.raters_text import raters_text
from ferfusion.evaluation.scoring import Estimate
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval


def row(who, against, war, uar):
    interval = Interval(war - 0.02, war + 0.03)
    return RaterRow(
        who, against, Estimate(war, interval, 0.2, 0.2), uar and Estimate(uar, interval, 0.1, 0.1), 9, 3
    )


@pytest.fixture
def raters():
    rows = (
        row("model", "label", 0.61, 0.6),
        row("rater", "label", 0.57, 0.55),
        row("model", "majority", 0.66, 0.5),
        row("rater", "majority", 0.68, 0.52),
        row("reachable_votes", "majority", 0.8, None),
        row("reachable_shares", "majority", 0.828, None),
    )
    return Raters("test", rows, ("Anger", "Fear"), (), {}, 0.4582, 9, 0, 1, (8, 10, 12), "cremad")


def test_raters_text_lead_has_model_raters_and_what_a_model_can_reach(raters):
    lead = raters_text(raters, stills=False).lead.replace("\N{NO-BREAK SPACE}", " ")
    assert lead == (
        "One rater names the label in 57.0 % (UAR 55.0 %), the model in 61.0 % (UAR 60.0 %). One rater "
        "predicts the majority of the others in 68.0 %, the model that of all in 66.0 %. A model can reach "
        "an estimated 80.0 % (78 to 83 %) from these votes and 82.8 % (81 to 86 %) from the shares of all "
        "raters, if all votes are drawn from Dirichlet distributions of one concentration; if not, a model "
        "can exceed this."
    )


def test_raters_text_lead_of_one_person_and_one_rater_each_has_no_interval(raters):
    reach = replace(raters.rows[4], war=Estimate(0.8, NO_INTERVAL, 0.2, 0.2))
    alone = replace(raters, rows=(*raters.rows[:3], reach, raters.rows[5]))
    lead = raters_text(alone, stills=True).lead.replace("\N{NO-BREAK SPACE}", " ")
    assert ". The model predicts the majority in 66.0 %. A model can reach an estimated 80.0 % from" in lead


def test_raters_text_has_no_estimate_that_a_score_contradicts(raters):
    nothing = Estimate(math.nan, NO_INTERVAL, 0.2, 0.2)
    first = replace(raters, rows=(*raters.rows[:4], replace(raters.rows[4], war=nothing), raters.rows[5]))
    found = raters_text(first, stills=False)
    assert "A model can reach an estimated 82.8" in found.lead
    assert "these votes" not in found.lead
    assert found.facts[-1].startswith(
        "Estimated reach with these votes, against the raters' majority, is not estimated: the votes do not"
    )
    both = replace(first, rows=(*first.rows[:5], replace(raters.rows[5], war=nothing)))
    assert raters_text(both, stills=False).lead.endswith(
        "What a model can reach is not estimated: the votes do not fit the assumption."
    )


def test_raters_text_facts_tell_of_the_votes(raters):
    facts = raters_text(raters, stills=False).facts
    assert facts[0].startswith("The label is the expression that the actor was asked for.")
    assert facts[1].startswith(
        "9 videos with votes, of 8 to 12 (median 10) raters each, who chose among Anger"
    )
    assert "is 0.46." in facts[1]
    assert facts[2].startswith("1 video is tied")
    assert len(facts) == 3
    further = raters_text(
        replace(raters, further={"Neutral": 1200}, unchosen=("Surprise",), corpus="csv"), stills=True
    ).facts
    assert further[0].startswith("9 images with votes")
    assert further[-2] == "No rater chose Surprise."
    assert "no credit for it: Neutral (1,200 votes). The raters' majority counts it" in further[-1]
