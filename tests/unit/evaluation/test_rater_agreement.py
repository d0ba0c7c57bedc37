import numpy as np
import pandas as pd
import pytest

from ferfusion.evaluation.rater_agreement import (
    krippendorff_alpha,
    one_rater_against_the_others,
    reachable_agreement,
    share_naming,
)

CLASSES = "ADFHNS"
INTENDED = {"ANG": "A", "DIS": "D", "FEA": "F", "HAP": "H", "NEU": "N", "SAD": "S"}


def test_krippendorff_alpha_is_that_of_the_published_example():
    """Krippendorff 2011, section C: four observers, twelve units, five classes; alpha is 0.743."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
    votes = np.array(
        [[list(unit).count(value) for value in range(1, 6)] for unit in zip(*observers, strict=True)]
    )
    assert krippendorff_alpha(votes) == pytest.approx(0.743, abs=5e-4)


def test_krippendorff_alpha_of_full_agreement_of_chance_and_of_one_class():
    assert krippendorff_alpha(np.array([[4, 0], [0, 4]])) == 1
    rng = np.random.default_rng(0)
    assert krippendorff_alpha(rng.multinomial(10, [0.5, 0.3, 0.2], size=20_000)) == pytest.approx(
        0, abs=0.005
    )
    assert np.isnan(krippendorff_alpha(np.array([[4, 0], [3, 0]])))


def test_one_rater_against_the_others_is_the_mean_over_raters():
    votes = np.array([[2, 1, 0], [1, 1, 1], [0, 4, 0], [1, 0, 0]])
    expected = []
    for row in votes[:3]:
        raters = np.repeat(np.arange(3), row)
        for left_out in range(len(raters)):
            others = np.bincount(np.delete(raters, left_out), minlength=3)
            tops = np.flatnonzero(others == others.max())
            expected.append((raters[left_out] in tops) / len(tops))
    assert one_rater_against_the_others(votes) == pytest.approx(np.mean(expected))


def simulated(shares, *, rows, raters, rng):
    """Votes on rows whose true shares are drawn around those of their label."""
    codes = rng.integers(0, len(shares), rows)
    truth = np.stack([rng.dirichlet(5 * shares[code]) for code in codes])
    return rng.multinomial(raters, truth), codes, truth


def test_reachable_agreement_is_the_accuracy_of_the_best_model_of_simulated_raters():
    """The truth: each row answered by its most likely majority, with the shares that drew the votes."""
    rng = np.random.default_rng(1)
    shares = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6]])
    votes, codes, truth = simulated(shares, rows=3000, raters=9, rng=rng)
    panels = np.stack([rng.multinomial(9, truth) for _ in range(300)]) + rng.random((300, *truth.shape)) / 2
    majorities = panels.argmax(axis=2)
    best = np.array([np.bincount(each, minlength=3).argmax() for each in majorities[:150].T])
    reachable = (majorities[150:] == best).mean()
    found = reachable_agreement(votes, codes, np.arange(len(votes)) % 30, draws=100, resamples=300)
    assert found.raters == 9
    assert found.from_shares == pytest.approx(reachable, abs=0.01)
    assert found.from_votes < reachable - 0.02  # the model of the published figure knows nine votes of a row
    assert found.interval.low < found.from_votes < found.interval.high
    naive = np.mean(
        [(rng.multinomial(9, votes / 9)).argmax(axis=1) == votes.argmax(axis=1) for _ in range(20)]
    )
    assert found.from_shares < naive  # which takes the largest of noisy shares for the truth


def test_reachable_agreement_is_exceeded_where_the_votes_on_some_rows_are_for_another_class():
    """Nine raters in ten name the label of 85 % of the rows, and class 5 on the others: not Dirichlet."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 5, 600)
    mode = np.where(rng.random(600) < 0.15, 5, codes)
    truth = np.full((600, 6), 0.02) + 0.88 * np.eye(6)[mode]
    found = reachable_agreement(rng.multinomial(10, truth), codes, np.arange(600), draws=60, resamples=50)
    assert (rng.multinomial(10, truth).argmax(axis=1) == mode).mean() > 0.99
    assert found.from_shares < 0.95


def test_reachable_agreement_of_raters_who_agree_is_1_and_one_person_has_no_interval():
    votes = np.array([[10, 0], [0, 10]] * 20)
    found = reachable_agreement(votes, np.arange(40) % 2, np.zeros(40), draws=40)
    assert found.from_votes > 0.999
    assert found.from_shares > 0.99
    assert np.isnan(found.interval.low)


def test_reachable_agreement_of_crema_d_agrees_with_the_published_one(real_data):
    """Published for faces alone, panels of ten: 79.7 % [79.2, 80.0], with replies of over 10 s included."""
    table = pd.read_csv(real_data / "crema-d" / "tabulatedVotes.csv", index_col=0)
    faces = table[table.index // 100_000 == 2]
    votes = faces[list(CLASSES)].to_numpy(np.int64)
    names = faces["fileName"].str.split("_", expand=True)
    codes = names[2].map(INTENDED).map(CLASSES.index).to_numpy(np.int64)
    found = reachable_agreement(votes, codes, names[0].to_numpy(), raters=10, draws=60, resamples=500)
    assert found.interval.low < 0.797 < found.interval.high
    assert found.from_votes == pytest.approx(0.799, abs=0.004)
    assert found.from_shares == pytest.approx(0.826, abs=0.006)
    assert krippendorff_alpha(votes) == pytest.approx(0.4582, abs=5e-5)
    assert share_naming(votes, codes) == pytest.approx(0.574, abs=1e-3)
