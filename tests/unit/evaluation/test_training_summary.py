from typing import get_type_hints

from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.recipe import has_type


def test_training_summary_has_a_type_for_each_name_and_needs_none():
    hints = get_type_hints(TrainingSummary)
    assert has_type("face-landmarker", hints["actions"])
    assert not has_type(7, hints["actions"])
    assert TrainingSummary.__required_keys__ == frozenset()
