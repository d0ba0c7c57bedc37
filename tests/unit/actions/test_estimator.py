import numpy as np

from ferfusion.actions.estimator import FaceActions
from ferfusion.actions.names import ACTION_COLUMNS


def test_row_is_the_coefficients_and_then_the_pose():
    actions = FaceActions(
        np.arange(52, dtype=np.float32), np.array([5, -3, 1], np.float32), np.zeros((478, 3), np.float32), 1.0
    )
    assert actions.row.tolist() == [*range(52), 5, -3, 1]
    assert len(actions.row) == len(ACTION_COLUMNS)
