"""The sentences of a study across corpora are true for every protocol."""

from dataclasses import replace

import pytest

from ferfusion.studies.cross_findings import gather_cross
from ferfusion.studies.cross_text import baseline, cautions, protocol, question, verdict
from helpers.cross_corpora import write_cross_study


@pytest.fixture(scope="module")
def left_out(tmp_path_factory):
    root = tmp_path_factory.mktemp("left")
    return gather_cross(write_cross_study(root, protocol="leave-one-corpus-out", seeds=1, across=0.05))


def test_verdict_begins_with_both_kinds_of_scores(cross_findings):
    first = verdict(cross_findings)[0]
    assert first.startswith("Per video, on corpora that the training did not see UAR is ")
    assert "and within a corpus UAR is" in first
    assert first.endswith("the baseline has UAR 16.7\N{NO-BREAK SPACE}%.")


def test_verdict_states_the_mean_drop_on_the_same_people(cross_findings):
    drops = cross_findings.drops
    mean = 100 * sum(each.difference.value for each in drops) / len(drops)
    text = " ".join(verdict(cross_findings))
    assert f"a UAR that is {mean:.1f} points lower than one on their own, on average" in text
    assert "So few people are held out that no such difference can be significant." in text


def test_verdict_of_few_cells_tells_each(cross_findings):
    few = replace(cross_findings, cells=cross_findings.cells[:2], comparisons=())
    [_, sentence] = verdict(few)
    assert sentence.startswith("Trained on a: UAR ")
    assert "on 1 held-out person of a; UAR " in sentence
    assert sentence.endswith("on 5 people of b.")


def test_verdict_says_where_nothing_was_learned(left_out):
    assert verdict(left_out)[-1].startswith("Nothing was learned that any test shows")
    assert not any(cell.uar.beats_baseline for cell in left_out.cells)


def test_protocol_names_who_was_trained_and_tested(cross_findings, left_out):
    assert question(left_out).startswith("How well are expressions recognised in a corpus that the training")
    text = protocol(left_out)
    assert "tested once, with all of its people, after a training on all others" in text
    assert "held out" not in text
    assert "about 25\N{NO-BREAK SPACE}% of its data chose the epoch" in text
    assert "1 training each. Only the 6 classes" in text
    text = protocol(cross_findings)
    assert "held out for the test" in text
    assert "about 20\N{NO-BREAK SPACE}% of its data chose the epoch" in text
    assert "2 trainings each, with other seeds" in text


def test_baseline_is_the_most_frequent_class_of_the_training(cross_findings):
    words = " ".join(baseline(cross_findings).split())
    assert "the most frequent class of the training part" in words
    assert words.endswith("It has UAR 16.7 % and WAR 16.7 %.")


def test_cautions_count_people_and_seeds(cross_findings, left_out):
    few, powerless, *_ = cautions(cross_findings)
    assert "held out of a: 1; b: 5; c: 4" in few
    assert powerless.endswith("a (6 people), b (5 people) and c (4 people).")
    assert cautions(left_out)[-1].startswith("There is one seed")
