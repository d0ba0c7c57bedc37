import numpy as np
import pytest
from scipy.stats import betabinom, binomtest

from ferfusion.evaluation.person_spread import detectable_deviation, person_spread, tarone_p


def test_tarone_p_keeps_its_error_rate_and_finds_a_spread():
    rng = np.random.default_rng(0)
    same = different = 0
    for _ in range(1000):
        videos = rng.integers(4, 30, 20)
        same += tarone_p(rng.binomial(videos, 0.6), videos) <= 0.05
        different += tarone_p(rng.binomial(videos, rng.beta(3, 2, 20)), videos) <= 0.05
    assert binomtest(same, 1000, 0.05).proportion_ci(0.999).low <= 0.05
    assert different > 900


@pytest.mark.parametrize(
    ("correct", "videos"), [([3], [5]), ([1, 0, 1], [1, 1, 1]), ([4, 4], [4, 4]), ([0, 0], [4, 4])]
)
def test_tarone_p_is_1_where_there_is_nothing_to_find(correct, videos):
    assert tarone_p(np.array(correct), np.array(videos)) == 1


def test_person_spread_fits_the_distribution_that_made_the_counts():
    rng = np.random.default_rng(1)
    videos = np.full(3000, 12)
    correct = betabinom(12, 6, 4).rvs(3000, random_state=rng)
    found = person_spread(correct, videos)
    assert found.mean == pytest.approx(0.6, abs=0.01)
    assert found.deviation == pytest.approx((6 * 4 / (100 * 11)) ** 0.5, abs=0.01)


def test_person_spread_draws_a_person_with_few_videos_to_the_mean():
    correct, videos = np.array([0, 0, 12, 14, 16, 13, 8, 18]), np.array([2, 20, 20, 20, 20, 20, 20, 20])
    found = person_spread(correct, videos)
    assert found.accuracies[0] > 0.2  # 0 of 2 says little
    assert found.accuracies[1] < 0.07  # 0 of 20 says much
    assert (found.lows < found.accuracies).all()
    assert (found.accuracies < found.highs).all()


def test_person_spread_of_people_who_do_not_differ_ranks_no_noise():
    rng = np.random.default_rng(2)
    videos = np.full(40, 10)
    found = person_spread(rng.binomial(videos, 0.7), videos)
    assert np.ptp(found.accuracies) < 0.1
    assert found.p > 0.01


def test_person_spread_intervals_cover_the_true_accuracies():
    rng = np.random.default_rng(3)
    truth = rng.beta(6, 3, 2000)
    videos = rng.integers(3, 25, 2000)
    found = person_spread(rng.binomial(videos, truth), videos, confidence=0.9)
    assert ((found.lows <= truth) & (truth <= found.highs)).mean() == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(("people", "count", "deviation"), [(4, 12, 0.1), (10, 12, 0.15), (18, 24, 0.1)])
def test_person_spread_intervals_of_few_people_cover_the_true_accuracies(people, count, deviation):
    """Of 300 and more samples: 94 to 97 %; of 40, the standard error is about 1.5 points."""
    rng = np.random.default_rng(5)
    size = 0.24 / deviation**2 - 1
    covered = []
    for _ in range(40):
        truth = rng.beta(0.6 * size, 0.4 * size, people)
        found = person_spread(rng.binomial(count, truth), np.full(people, count))
        covered.append(((found.lows <= truth) & (truth <= found.highs)).mean())
    assert 0.89 < np.mean(covered) < 0.99


def test_person_spread_of_four_people_is_wide_though_they_are_close():
    found = person_spread(np.array([5, 6, 7, 6]), np.full(4, 12))
    assert found.mean == pytest.approx(0.5)
    assert (found.highs - found.lows > 0.3).all()
    assert (found.highs - found.lows < 0.5).all()  # 6 of 12 alone: 0.25 to 0.75


@pytest.mark.parametrize("right", [0, 1])
def test_person_spread_of_people_who_are_all_right_or_all_wrong(right):
    found = person_spread(np.full(91, 82 * right), np.full(91, 82))
    assert found.mean == pytest.approx(right, abs=0.03)
    assert ((found.lows <= found.accuracies) & (found.accuracies <= found.highs)).all()


@pytest.mark.parametrize(("people", "count", "mean"), [(10, 20, 0.6), (30, 6, 0.6)])
def test_detectable_deviation_is_found_in_80_of_100_samples(people, count, mean):
    rng = np.random.default_rng(4)
    videos = np.full(people, count)
    correct = np.full(people, round(mean * count))
    deviation = detectable_deviation(correct, videos, seed=0)
    mean = float(correct.sum() / videos.sum())
    size = mean * (1 - mean) / deviation**2 - 1
    found = [
        tarone_p(rng.binomial(videos, rng.beta(mean * size, (1 - mean) * size, people)), videos) < 0.05
        for _ in range(1000)
    ]
    assert 0.75 < np.mean(found) < 0.85  # 1000 and 500 samples: standard errors of 0.013 and 0.018


@pytest.mark.parametrize(
    ("correct", "videos"),
    [([3], [4]), ([1, 0], [1, 1]), ([4, 4], [4, 4]), ([0, 0], [4, 4]), ([1, 2], [2, 2])],
)
def test_detectable_deviation_is_none_where_the_test_finds_none(correct, videos):
    assert np.isnan(detectable_deviation(np.array(correct), np.array(videos), seed=0))
