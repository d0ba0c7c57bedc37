"""Every sentence of a study, over small cases: few people, one variant, ties, one class, nothing learned."""

from itertools import combinations

import numpy as np
import pytest

from ferfusion.evaluation.learned import majority_rule
from ferfusion.evaluation.multiplicity import groups_without_difference
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.significance import Difference, mcnemar
from ferfusion.evaluation.statistics import (
    Family,
    PairOfVariants,
    SeedEstimate,
    StudyStatistics,
    VariantScores,
)
from ferfusion.evaluation.uncertainty import NO_INTERVAL, Interval
from ferfusion.label_set import LabelSet
from ferfusion.studies.study_text import StudySize, baseline, cautions, protocol, question, verdict

THREE = LabelSet(("Anger", "Fear", "Sadness"))
SIZE = StudySize("0", 3, "Sadness")
AGAINST = "Always predicting “Sadness” has UAR 33.3 %, WAR 50.0 %."
PER_FOLD = "The most frequent class of each fold's training part has UAR 33.3 %, WAR 50.0 %."


def statistics(
    uars, *, people=12, differing=(), war=0.6, low=0.5, seeds=3, videos=36, present=3, majority=None
):
    """The statistics of variants A, B, … with these UARs per video; pairs of names differ."""

    def estimate(value, constant):
        ends = NO_INTERVAL if people == 1 else Interval(low, 0.9)
        without = constant if majority is None else majority
        return SeedEstimate(value, ends, without, constant, (value,) * seeds)

    names = "ABCDEF"[: len(uars)]
    confusion = np.diag([videos] * present + [0] * (3 - present))
    pairs = tuple(
        PairOfVariants(
            *two, Difference(0.1, NO_INTERVAL, 0.5, 0.5), 0.5, mcnemar(1, 1), 0.5, "".join(two) in differing
        )
        for two in combinations(names, 2)
    )
    groups = groups_without_difference(names, [tuple(two) for two in differing])
    return StudyStatistics(
        labels=THREE,
        recipe=EvaluateRecipe(),
        subjects=people,
        videos=videos,
        seeds=dict.fromkeys(names, seeds),
        variants=tuple(
            VariantScores(
                name, "video", {"uar": estimate(value, 1 / 3), "war": estimate(war, 0.5)}, confusion
            )
            for name, value in zip(names, uars, strict=True)
        ),
        families=(Family("video", "uar", pairs, groups),),
        answers=None,
    )


def plain(sentences):
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in sentences]


SCORE = "UAR 70.0 % (95 % interval 50 to 90 %), and WAR 60.0 %"
HIGHEST = f"A has the highest {SCORE.replace('UAR', 'UAR per video:', 1)}. {AGAINST}"


@pytest.mark.parametrize(
    ("uars", "settings", "sentences"),
    [
        ([0.7], {}, [f"A has {SCORE} per video. {AGAINST}"]),
        (
            [0.7, 0.6],
            {},
            [
                "A and B do not differ significantly in UAR per video: their difference may be chance.",
                HIGHEST,
            ],
        ),
        ([0.7, 0.6], {"differing": ["AB"]}, ["A and B differ significantly in UAR per video.", HIGHEST]),
        (
            [0.7, 0.6, 0.5],
            {},
            [
                "No two of the 3 variants differ significantly in UAR per video: their differences may be "
                "chance.",
                HIGHEST,
            ],
        ),
        (
            [0.7, 0.6, 0.5],
            {"differing": ["AC"]},
            ["1 of 3 pairs of variants differs significantly in UAR per video.", HIGHEST],
        ),
        (
            [0.7, 0.6, 0.5],
            {"differing": ["AC", "BC"]},
            ["2 of 3 pairs of variants differ significantly in UAR per video.", HIGHEST],
        ),
        (
            [0.7, 0.7, 0.5],
            {"differing": ["AC", "BC"]},
            [
                "2 of 3 pairs of variants differ significantly in UAR per video.",
                f"A and B have the highest UAR per video: 70.0 %. {AGAINST}",
            ],
        ),
        (
            [0.7, 0.69999],
            {},
            [
                "A and B do not differ significantly in UAR per video: their difference may be chance.",
                f"A and B have the same UAR per video: 70.0 %. {AGAINST}",
            ],
        ),
        (
            [0.7, 0.6],
            {"people": 1},
            [
                "One tested person gives no interval and no test, so no difference can be judged.",
                f"A has the highest UAR per video: 70.0 %, and WAR 60.0 %. {AGAINST}",
            ],
        ),
        (
            [1 / 3],
            {"people": 1, "war": 0.5},
            [
                f"A has UAR 33.3 %, and WAR 50.0 % per video. {AGAINST}",
                "Nothing was learned that the test part shows: A has no UAR per video above the baseline "
                "(33.3 %).",
            ],
        ),
        (
            [1 / 3, 0.2],
            {"people": 1, "war": 0.5},
            [
                "One tested person gives no interval and no test, so no difference can be judged.",
                f"A has the highest UAR per video: 33.3 %, and WAR 50.0 %. {AGAINST}",
                "Nothing was learned that the test part shows: no variant has a UAR per video above the "
                "baseline (33.3 %).",
            ],
        ),
    ],
)
def test_verdict_over_small_cases(uars, settings, sentences):
    assert plain(verdict(statistics(uars, **settings), SIZE)) == sentences


def test_verdict_of_folds_with_other_majorities_names_no_class():
    [sentence] = plain(verdict(statistics([0.7], people=1), StudySize("3", 1, None)))
    assert sentence == f"A has UAR 70.0 %, and WAR 60.0 % per video. {PER_FOLD}"


@pytest.mark.parametrize(
    ("people", "uars", "start"),
    [
        (
            1,
            [0.7],
            ["One person was tested: no interval over people can be given. Test more people, or test "],
        ),
        (
            2,
            [0.7, 0.6],
            [
                "With 2 people tested and 1 comparison, no difference can be significant, however large.",
                "With fewer than 10 people tested, intervals are too narrow",
            ],
        ),
        (
            3,
            [0.7, 0.6, 0.5],
            [
                "With 3 people tested and 3 comparisons, no difference can be significant, however large.",
                "With fewer than 10 people tested",
            ],
        ),
        (3, [0.7], ["With fewer than 10 people tested"]),
        (12, [0.7, 0.6], []),
    ],
)
def test_cautions_name_few_people(people, uars, start):
    found = cautions(statistics(uars, people=people), StudySize("0", len(uars), "Sadness"))
    assert len(found) == len(start)
    assert all(caution.startswith(words) for caution, words in zip(found, start, strict=True))


def test_cautions_do_not_advise_the_folds_that_the_study_has():
    [caution] = cautions(statistics([0.7], people=1), StudySize("subjects", 1, "Sadness"))
    assert "--folds" not in caution


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({"low": 0.3}, ["The interval of the UAR of A reaches down to the baseline (33.3 %)"]),
        ({"war": 0.5}, ["On accuracy alone (WAR), always predicting “Sadness” is as good as A or better."]),
        ({"war": 0.4, "uars": [1 / 3], "low": 0.1}, []),
        (
            {"present": 2},
            ["Without rows in the test part: Sadness. UAR and macro-F1 are means over the other 2"],
        ),
        (
            {"present": 1},
            ["Without rows in the test part: Fear, Sadness. All others are Anger, so one answer"],
        ),
        ({"seeds": 1}, ["There is one seed: another training may be better or worse by chance."]),
        ({"seeds": 1, "uars": [0.7, 0.6]}, ["Each variant was trained with one seed: the verdicts hold for"]),
    ],
)
def test_cautions_name_a_weak_result(settings, start):
    uars = settings.pop("uars", [0.7])
    found = plain(cautions(statistics(uars, **settings), StudySize("0", len(uars), "Sadness")))
    assert len(found) == len(start)
    assert all(caution.startswith(words) for caution, words in zip(found, start, strict=True))


def test_cautions_name_variants_that_were_not_trained():
    [caution] = cautions(statistics([0.7]), StudySize("0", 2, "Sadness"))
    assert caution.startswith("Of equivalent variants, only the first was trained")


@pytest.mark.parametrize(
    ("folds", "people", "start"),
    [
        ("0", 1, "Tested on 1 person (1 video), never seen in training (one division of the subjects)."),
        ("subjects", 2, "Tested on 2 people (36 videos): each person was the test part once"),
        ("3", 3, "Tested on 3 people (36 videos): the people were divided into 3 folds"),
    ],
)
def test_protocol_over_small_cases(folds, people, start):
    text = protocol(
        statistics([0.7], people=people, videos=1 if people == 1 else 36), StudySize(folds, 1, None)
    )
    assert text.startswith(start)
    assert text.endswith("The test part was read once, at the end.")


def test_protocol_and_cautions_of_images_of_unknown_people_name_no_people():
    size = StudySize("0", 1, "Sadness", people_known=False)
    assert protocol(statistics([0.7]), size).startswith("Tested on 36 images of unknown people: no image")
    [caution] = cautions(statistics([0.7], people=36), size)
    assert caution.startswith("The people in the images are unknown")


def test_baseline_names_a_class_that_all_folds_have():
    assert baseline(SIZE) == (
        "Baseline: always Sadness, the most frequent class of the training part; or the best constant answer "
        "on the same rows, where that scores higher."
    )
    assert baseline(StudySize("3", 1, None)).startswith("Baseline: in each fold, always the most")


@pytest.mark.parametrize(
    ("uars", "words"),
    [([0.7], "How well does A recognise expressions?"), ([0.7, 0.6], "Which of 2 variants is better, and")],
)
def test_question_of_one_variant_compares_nothing(uars, words):
    assert question(statistics(uars)).startswith(words)


def test_baseline_names_the_classes_that_are_as_frequent():
    rule = majority_rule({"froh": 4, "traurig": 4, "wütend": 2})
    assert baseline(StudySize("0", 1, "froh", rule)).startswith(
        "Baseline: always froh, one of the most frequent classes of the training part, froh and traurig; or"
    )


def test_verdict_takes_the_best_constant_answer_where_the_majority_of_each_fold_is_below_it():
    """A person's own class is rarer in the training part of the fold: its majority is often another one."""
    size = StudySize("subjects", 1, None)
    found = plain(verdict(statistics([1 / 3], war=1 / 3, majority=0.267), size))
    assert found == [
        "A has UAR 33.3 % (95 % interval 50 to 90 %), and WAR 33.3 % per video. The best constant "
        "answer has UAR 33.3 %, WAR 50.0 %.",
        "Nothing was learned that the test part shows: A has no UAR per video above the baseline (33.3 %).",
    ]
    learned = statistics([0.5], low=0.3, war=0.45, majority=0.267)
    assert len(verdict(learned, size)) == 1
    reach, accuracy = plain(cautions(learned, size))
    assert reach.startswith("The interval of the UAR of A reaches down to the baseline (33.3 %)")
    assert accuracy.startswith("On accuracy alone (WAR), the best constant answer is as good as A or better.")
