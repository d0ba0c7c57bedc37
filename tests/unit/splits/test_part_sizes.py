import pytest

from ferfusion.evaluation.significance import least_p
from ferfusion.parts import PARTS
from ferfusion.splits.part_sizes import FEWEST_TEST_PEOPLE, split_cautions

BETTER = "ferfusion study data STUDY --folds subjects tests each of the"


@pytest.mark.parametrize(
    ("people", "sentences"),
    [
        (
            (4, 1, 1),
            [
                "The test part has 1 of 6 people: there is no interval over people, and the scores say "
                f"nothing about others. {BETTER} 6 people.",
                "The validation part has 1 person, on whom alone the choice of the epoch depends.",
            ],
        ),
        (
            (10, 4, 4),
            [
                "The test part has 4 of 18 people: with fewer than 6, no difference between two models can "
                f"be significant. {BETTER} 18 people.",
            ],
        ),
        (
            (1, 2, 2),
            [
                "The test part has 2 of 5 people: with fewer than 6, no difference between two models can be "
                f"significant. {BETTER} 5 people, which are still too few to find a difference.",
            ],
        ),
        ((10, 4, 6), []),
        ((10, 4, 0), []),
    ],
)
def test_split_cautions_over_small_cases(people, sentences):
    counts = {part: {"subjects": number} for part, number in zip(PARTS, people, strict=True)}
    assert split_cautions(counts, dataset="data") == sentences


def test_fewest_test_people_are_the_fewest_that_can_be_significant():
    assert least_p(FEWEST_TEST_PEOPLE) <= 0.05 < least_p(FEWEST_TEST_PEOPLE - 1)
