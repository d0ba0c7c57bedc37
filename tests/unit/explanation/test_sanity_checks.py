import numpy as np
import pandas as pd
import pytest
import torch

from ferfusion.explanation.deletion import ANOTHER, LEAST, ORDERS, OWN, RANDOM, SHARES
from ferfusion.explanation.sanity_checks import deletion_check, deletion_table, randomisation_table


def test_run_checks_writes_a_table_of_each_check(run, explained):
    deletion = pd.read_csv(run / "explain_deletion.csv")
    assert len(deletion) == 2 * 2 * len(ORDERS) * len(SHARES)  # methods, streams
    whole = deletion[deletion["gone"] == 0].groupby("stream")["probability"]
    assert (whole.max() - whole.min() < 1e-6).all()  # before any deletion, all orders are equal
    randomised = pd.read_csv(run / "explain_randomisation.csv")
    assert (randomised[randomised["step"] == 0]["correlation"] == 1).all()
    assert randomised["layer"].iloc[-1] == "conv1"
    one = explained.checks.deletions[0]
    assert one.gain == pytest.approx(one.areas["random"] - one.areas["map"])


def curves(own, at_random):
    """Constant curves of every order for some pairs."""
    levels = {OWN: own, ANOTHER: at_random, RANDOM: at_random, LEAST: at_random}
    return {order: torch.tensor(level)[:, None].repeat(1, len(SHARES)) for order, level in levels.items()}


def test_deletion_check_gain_is_the_difference_of_the_areas():
    check = deletion_check("grad-cam", "flow", curves([0.2, 0.4], [0.5, 0.9]), np.array(["a", "b"]))
    assert check.areas[OWN] == pytest.approx(0.3)
    assert check.areas[RANDOM] == pytest.approx(0.7)
    assert check.gain == pytest.approx(0.4)
    # people a and b have gains of 0.3 and 0.5: resampled means lie between them
    assert check.gain_interval.low == pytest.approx(0.3)
    assert check.gain_interval.high == pytest.approx(0.5)


def test_deletion_check_of_one_person_has_no_interval():
    check = deletion_check("grad-cam", "flow", curves([0.2, 0.4], [0.5, 0.9]), np.array(["a", "a"]))
    assert np.isnan(check.gain_interval.low)


def test_tables_have_a_row_for_every_point_and_step(explained):
    checks = explained.checks
    points = deletion_table(checks)
    assert len(points) == sum(len(one.curves) for one in checks.deletions) * len(SHARES)
    assert points["gone"].iloc[[0, len(SHARES) - 1]].tolist() == [0, 1]
    steps = randomisation_table(checks)
    assert len(steps) == sum(len(one.steps) * len(one.other_pairs) for one in checks.randomisations)
    assert set(steps[steps["step"] == 0]["correlation"]) == {1.0}
