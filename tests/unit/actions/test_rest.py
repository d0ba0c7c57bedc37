import numpy as np
import pytest

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.rest import RunningRest, activity, estimate_rest

SMILE, JAW, BROW, BLINK = (
    ACTIONS.index(name) for name in ("mouthSmileLeft", "jawOpen", "browInnerUp", "eyeBlinkLeft")
)


def track(length, **rows):
    """A face whose inner brow is high at rest; ``rows`` has (frames, coefficient) of other actions."""
    actions = np.zeros((length, 52), np.float32)
    actions[:, BROW] = 0.4
    actions[:, ACTIONS.index("tongueOut")] = np.nan
    for name, (frames, value) in rows.items():
        actions[frames, ACTIONS.index(name)] = value
    return actions


REST = track(1)[0]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({}, "a face at rest"),
        ({"mouthSmileLeft": (slice(0, 70), 0.9)}, "a clip that starts at the apex"),
        (
            {"mouthSmileLeft": (slice(30, 100), 0.9), "browInnerUp": (slice(30, 100), 0.0)},
            "a falling brow",
        ),
        ({"jawOpen": (slice(0, 100, 2), 0.4), "eyeBlinkLeft": (slice(10, 15), 1.0)}, "speech and a blink"),
    ],
)
def test_rest_is_that_of_the_calm_frames(rows, why):
    assert estimate_rest(track(100, **rows)) == pytest.approx(REST, abs=1e-6, nan_ok=True), why


def test_frames_that_are_not_read_are_left_out():
    actions = track(20, mouthSmileLeft=(slice(0, 10), 0.8))
    actions[10:15] = np.nan
    assert estimate_rest(actions) == pytest.approx(REST, abs=1e-6, nan_ok=True)
    assert np.isnan(activity(actions)).sum() == 5
    assert np.isnan(estimate_rest(np.full((4, 52), np.nan))).all()
    assert np.isnan(estimate_rest(np.zeros((0, 52)))).all()


def test_gaze_blinks_and_what_differs_at_rest_are_no_activity():
    for name in ("browInnerUp", "eyeBlinkRight", "eyeLookDownLeft", "eyeSquintLeft", "tongueOut"):
        actions = np.zeros((1, 52))
        actions[0, ACTIONS.index(name)] = 1
        assert activity(actions).tolist() == [0]


def test_running_rest_knows_only_the_past_and_agrees_at_the_end():
    rng = np.random.default_rng(0)
    actions = track(60, mouthSmileLeft=(slice(0, 30), 0.9)) + rng.uniform(0, 0.02, (60, 52)).astype(
        np.float32
    )
    running = RunningRest()
    so_far = np.stack([running.add(row) for row in actions])
    assert so_far[5, SMILE] > 0.8
    assert so_far[-1, SMILE] < 0.03
    for k in (0, 20, 59):
        assert np.array_equal(so_far[k], estimate_rest(actions[: k + 1]), equal_nan=True)


def test_rest_of_an_estimator_that_knows_some_actions_is_of_those():
    track = np.full((10, 52), np.nan)
    track[:, ACTIONS.index("mouthSmileLeft")] = [0.8] * 6 + [0.1] * 4
    rest = estimate_rest(track)
    assert rest[ACTIONS.index("mouthSmileLeft")] == pytest.approx(0.1)
    assert np.isnan(rest[ACTIONS.index("jawOpen")])
