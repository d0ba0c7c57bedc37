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
        row("ceiling_votes", "majority", 0.8, None),
    )
    return Raters("test", rows, ("Anger", "Fear"), (), {}, 0.447, 9, 0, 1, (8, 10, 12), "cremad")


def test_raters_text_lead_has_model_raters_and_ceiling(raters):
    lead = raters_text(raters, stills=False).lead.replace("\N{NO-BREAK SPACE}", " ")
    assert lead == (
        "The raters: one rater names the label in 57.0 % (UAR 55.0 %), the model in 61.0 % (UAR 60.0 %). One "
        "rater predicts the majority of the others in 68.0 %, and their disagreement sets a ceiling of "
        "80.0 % (78 to 83 %) for agreement with the majority; the model has 66.0 %."
    )


def test_raters_text_lead_of_one_person_and_one_rater_each_has_no_interval(raters):
    ceiling = replace(raters.rows[4], war=Estimate(0.8, NO_INTERVAL, 0.2, 0.2))
    alone = replace(raters, rows=(*raters.rows[:3], ceiling))
    lead = raters_text(alone, stills=True).lead.replace("\N{NO-BREAK SPACE}", " ")
    assert ". Their disagreement sets a ceiling of 80.0 % for agreement" in lead


def test_raters_text_facts_tell_of_the_votes(raters):
    facts = raters_text(raters, stills=False).facts
    assert facts[0].startswith("The label is the expression that the actor was asked for.")
    assert facts[1].startswith(
        "9 videos with votes, of 8 to 12 (median 10) raters each, who chose among Anger"
    )
    assert "is 0.45." in facts[1]
    assert facts[2].startswith("1 video is tied")
    assert len(facts) == 3
    further = raters_text(
        replace(raters, further={"Neutral": 1200}, unchosen=("Surprise",), corpus="csv"), stills=True
    ).facts
    assert further[0].startswith("9 images with votes")
    assert further[-2] == "No rater chose Surprise."
    assert "no credit for it: Neutral (1,200 votes). The raters' majority counts it" in further[-1]
