import numpy as np

from ferfusion.evaluation.uncertainty import Interval
from ferfusion.explanation.deletion import ORDERS, SHARES
from ferfusion.explanation.plots import deletion_figure, randomisation_figure
from ferfusion.explanation.randomisation import RandomisedStep
from ferfusion.explanation.sanity_checks import DeletionCheck, RandomisationCheck


def test_deletion_figure_draws_the_curve_of_every_order():
    curves = {order: np.linspace(1, 0.1 * number, len(SHARES)) for number, order in enumerate(ORDERS)}
    areas = dict(zip(ORDERS, (0.2, 0.4, 0.5, 0.7), strict=True))
    figure = deletion_figure(DeletionCheck("grad-cam", "flow", curves, areas, 0.3, Interval(0.2, 0.4)))
    [axes] = figure.axes
    for line, order in zip(axes.lines, ORDERS, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), SHARES)
        np.testing.assert_array_equal(line.get_ydata(), curves[order])
        assert str(line.get_label()).endswith(f"area {areas[order]:.2f}")
    assert axes.get_xlabel() == "share of the motion deleted"


def test_randomisation_figure_draws_every_step_and_the_other_pairs():
    steps = [RandomisedStep("", {"spatial": 1.0}), RandomisedStep("dense3", {"spatial": 0.25})]
    figure = randomisation_figure(RandomisationCheck("grad-cam", steps, {"spatial": 0.125}))
    [axes] = figure.axes
    curve, other, _zero = axes.lines
    assert list(np.asarray(curve.get_ydata())) == [1.0, 0.25]
    assert set(np.asarray(other.get_ydata())) == {0.125}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["trained", "dense3"]
