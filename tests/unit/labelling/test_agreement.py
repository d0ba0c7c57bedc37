from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferfusion.labelling.agreement import (
    MISSING,
    alpha_of,
    coincidences,
    gather_ratings,
    measure_alpha,
    ordinal_distance,
    values_of,
)
from ferfusion.labelling.answers import Answer, Answers, Mark
from helpers.label_projects import write_project

# the data of Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): 4 observers, 12 units
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
UNITS = np.array(
    [
        [MISSING if cell == "." else int(cell) - 1 for cell in line.split()]
        for line in PUBLISHED.split("\n")[1:-1]
    ]
).T


@pytest.mark.parametrize(("ordinal", "published"), [(False, 0.743), (True, 0.815)])
def test_alpha_of_the_published_example(ordinal, published):
    assert round(measure_alpha([UNITS], 5, ordinal=ordinal).value, 3) == published


def independent_alpha(units, ordinal):
    """Alpha by its definition: mean distance of pairs within units, over that of all pairs of values."""
    pairs, weights, values = [], [], []
    for row in units:
        said = [int(value) for value in row if value != MISSING]
        if len(said) > 1:
            values += said
            pairs += list(combinations(said, 2))
            weights += [2 / (len(said) - 1)] * (len(said) * (len(said) - 1) // 2)

    def distance(one, other):
        if not ordinal:
            return float(one != other)
        low, high = sorted((one, other))
        between = sum(low <= value <= high for value in values)
        return (between - (values.count(low) + values.count(high)) / 2) ** 2 if low != high else 0.0

    observed = sum(weight * distance(*pair) for pair, weight in zip(pairs, weights, strict=True)) / max(
        len(values), 1
    )
    everything = [
        distance(one, other) for (i, one), (j, other) in product(enumerate(values), repeat=2) if i != j
    ]
    expected = sum(everything) / len(everything) if everything else 0.0
    return 1 - observed / expected if expected else float("nan")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=1, max_size=8), st.booleans())
def test_alpha_equals_an_independent_computation(rows, ordinal):
    units = np.array(rows)
    found = measure_alpha([units], 4, ordinal=ordinal).value
    assert found == pytest.approx(independent_alpha(units, ordinal), nan_ok=True)


def test_alpha_is_one_for_agreement_and_near_zero_for_chance():
    same = np.repeat(np.arange(4)[:, None], 3, axis=1)
    assert measure_alpha([same], 4).value == 1
    chance = np.random.default_rng(0).integers(0, 3, (4000, 2))
    assert measure_alpha([chance], 3).value == pytest.approx(0, abs=0.05)
    assert np.isnan(measure_alpha([np.zeros((5, 2), int)], 3).value)


def test_alpha_has_an_interval_over_videos():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, (60, 1))
    noisy = np.where(rng.random((60, 2)) < 0.2, rng.integers(0, 3, (60, 2)), truth)
    videos = np.split(noisy, 20)
    found = measure_alpha(videos, 3)
    assert found.interval.low < found.value < found.interval.high
    assert (found.videos, found.units) == (20, 60)
    assert found == measure_alpha(videos, 3)
    copied = measure_alpha([np.repeat(video, 50, axis=0) for video in videos], 3)
    width = found.interval.high - found.interval.low
    assert copied.interval.high - copied.interval.low == pytest.approx(
        width, abs=0.03
    )  # copies tell nothing new
    assert np.isnan(measure_alpha(videos[:1], 3).interval.low)


def test_alpha_of_a_stack_is_that_of_each():
    one, other = coincidences(UNITS, 5), coincidences(UNITS[:6], 5)
    stack = np.stack([one, other])
    assert alpha_of(stack).tolist() == [float(alpha_of(one)), float(alpha_of(other))]
    assert ordinal_distance(stack)[1].tolist() == ordinal_distance(other).tolist()


def test_values_of_cut_time_into_tenths(tmp_path):
    project = write_project(tmp_path)
    answer = Answer((Mark(1, "anger", 0.1, 0.3), Mark(2, "joy", 9.8, 10.0)), is_done=True)
    values = values_of(project, project.items[0], answer)
    assert len(values) == 100
    assert values[:4].tolist() == [3, 1, 1, 3]
    assert values[-3:].tolist() == [3, 0, 0]


def test_gather_ratings_counts_finished_items_only(tmp_path):
    project = write_project(tmp_path, marks="videos")
    for rater, label in (("Ann", "joy"), ("Ben", "calm")):
        Answers(project, rater).mark("0000", label, intensity=2)
        Answers(project, rater).done("0000")
    Answers(project, "Ann").mark("0001", "joy")
    answers = {rater: Answers(project, rater).read() for rater in project.raters}
    ratings = gather_ratings(project, answers)
    assert [item.id for item in ratings.items] == ["0000"]
    assert ratings.classes[0].tolist() == [[0, 2]]
    assert ratings.intensities[0].tolist() == [[1, 1]]
    assert ratings.disagreement(0) == 1
    Answers(project, "Ann").done("0001")
    answers = {rater: Answers(project, rater).read() for rater in project.raters}
    assert gather_ratings(project, answers).classes[1].tolist() == [[0, MISSING]]
