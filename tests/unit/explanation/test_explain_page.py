import numpy as np

from ferfusion.evaluation.uncertainty import Interval
from ferfusion.explanation.explain_page import check_lines
from ferfusion.explanation.randomisation import RandomisedStep
from ferfusion.explanation.sanity_checks import DeletionCheck, RandomisationCheck, SanityChecks


def test_check_lines_give_the_result_of_each_check():
    curves = {"map": np.zeros(3), "random": np.ones(3)}
    deletion = DeletionCheck(
        "grad-cam", "flow", curves, {"map": 0.25, "random": 0.5}, 0.25, Interval(0.2, 0.3)
    )
    steps = [RandomisedStep("", {"flow": 1.0}), RandomisedStep("dense3", {"flow": 0.125})]
    checks = SanityChecks(12, 1, (deletion,), (RandomisationCheck("grad-cam", steps, {"flow": 0.1}),))
    assert check_lines(checks) == [
        "Deletion, 12 pairs of 1 person: area under the curve, by the map and at random",
        "  Grad-CAM, flow: 0.250 against 0.500, 0.250 less (95 % interval 0.200 to 0.300)",
        "Random weights: rank correlation with the trained model's maps, layer by layer",
        "  Grad-CAM, flow: 1.00, 0.12",
    ]
