"""Every sentence of a comparison, over small cases: few people, ties, one class, nothing learned."""

import numpy as np
import pytest

from ferfusion.evaluation.metrics import class_scores
from ferfusion.evaluation.scoring import Estimate, Scores
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval
from ferfusion.studies.comparison_text import cautions, lead, overlap


def scores(uar, interval=None, *, people=12, majority=0.25, classes=4):
    """Scores of a run: UAR with its interval, none for a single person."""
    ends = NO_INTERVAL if interval is None else Interval(*interval)
    support = np.diag([5] * classes + [0] * (4 - classes))
    estimate = Estimate(uar, ends, majority, majority)
    return Scores(
        part="test",
        level="video",
        rows=20,
        videos=20,
        subjects=1 if interval is None else people,
        war=Estimate(0.4, ends, 0.3, 0.3),
        uar=estimate,
        macro_f1=estimate,
        confusion=support,
        classes=class_scores(support, beta=1.0),
    )


HIGH, MIDDLE, LOW = (0.7, (0.6, 0.8)), (0.6, (0.5, 0.7)), (0.4, (0.3, 0.5))
OF_A = (
    "A has the highest mean recall (UAR) per test video: 70.0 % (95 % interval 60 to 80 %). Its accuracy "
    "(WAR) is 40.0 %. Always predicting the most frequent class of its training part has a UAR of 25.0 % "
    "and a WAR of 30.0 %."
)
OF_A_ALONE = OF_A.replace(" (95 % interval 60 to 80 %)", "")
ONE_PERSON = "One tested person gives no interval, so no difference between the runs can be judged."


@pytest.mark.parametrize(
    ("runs", "sentences"),
    [
        # two runs: apart, or not
        ({"A": HIGH, "B": LOW}, [OF_A, "No other interval overlaps with it."]),
        (
            {"B": MIDDLE, "A": HIGH},
            [OF_A, "The interval of B overlaps with it: the difference may be chance."],
        ),
        # several runs: all, some or one of them near
        (
            {"A": HIGH, "B": MIDDLE, "C": MIDDLE},
            [OF_A, "Both other intervals overlap with it: the differences may be chance."],
        ),
        (
            {"A": HIGH, "B": MIDDLE, "C": MIDDLE, "D": LOW},
            [
                OF_A,
                "The intervals of 2 of the 3 other runs overlap with it: these differences may be chance.",
            ],
        ),
        (
            {"A": HIGH, "B": MIDDLE, "C": LOW},
            [OF_A, "The interval of B overlaps with it: the difference may be chance."],
        ),
        # ties, also of what is only printed alike
        ({"A": HIGH, "B": HIGH}, ["A and B have the same mean recall (UAR) per test video: 70.0 %."]),
        (
            {"A": HIGH, "B": (0.70004, (0.6, 0.8)), "C": HIGH},
            ["A, B and C have the same mean recall (UAR) per test video: 70.0 %."],
        ),
        (
            {"A": HIGH, "B": HIGH, "C": LOW},
            [
                "A and B have the highest mean recall (UAR) per test video: 70.0 %.",
                "No other interval overlaps with theirs.",
            ],
        ),
        # one tested person
        ({"A": (0.7,), "B": (0.4,)}, [OF_A_ALONE, ONE_PERSON]),
        (
            {"A": (0.7,), "B": (0.7,)},
            ["A and B have the same mean recall (UAR) per test video: 70.0 %.", ONE_PERSON],
        ),
        (
            {"A": HIGH, "B": (0.4,)},
            [
                OF_A,
                "B was tested on one person, which gives no interval: no difference from this run can be "
                "judged.",
            ],
        ),
        # nothing learned
        (
            {"A": HIGH, "B": (0.25, (0.1, 0.4))},
            [
                OF_A,
                "No other interval overlaps with it.",
                "B has learned nothing that the test part shows: its UAR is not above the baseline.",
            ],
        ),
        (
            {"A": (0.25,), "B": (0.25 + 1e-17,)},
            [
                "A and B have the same mean recall (UAR) per test video: 25.0 %.",
                ONE_PERSON,
                "Nothing was learned that the test part shows: no run has a UAR above its baseline.",
            ],
        ),
    ],
)
def test_lead_over_small_cases(runs, sentences):
    found = lead({name: scores(*numbers) for name, numbers in runs.items()}, confidence="95 %")
    assert [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in found] == sentences


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ((1, 1), []),
        ((2, 2), ["The test part has 2 people. With fewer than 10 people"]),
        ((9, 12), ["The smallest test part has 9 people. With"]),
        ((10, 12), []),
    ],
)
def test_cautions_name_few_people(people, words):
    runs = {
        name: scores(0.5, None if number == 1 else (0.4, 0.6), people=number)
        for name, number in zip("AB", people, strict=True)
    }
    found = cautions(runs)
    assert len(found) == len(words)
    assert all(sentence.startswith(start) for sentence, start in zip(found, words, strict=True))


@pytest.mark.parametrize(
    ("classes", "start"),
    [
        ((1, 1), "All test videos show the same"),
        ((4, 1), "All test videos of B show the same"),
        ((2, 4), None),
    ],
)
def test_cautions_name_a_single_class(classes, start):
    runs = {name: scores(0.5, (0.4, 0.6), classes=number) for name, number in zip("AB", classes, strict=True)}
    assert [sentence.startswith(start) for sentence in cautions(runs)] == ([True] if start else [])


def test_overlap_counts_a_common_end():
    one, other = scores(0.5, (0.4, 0.6)), scores(0.7, (0.6, 0.8))
    assert overlap(one, other)
    assert overlap(other, one)
    assert not overlap(scores(0.3, (0.2, 0.39)), one)
