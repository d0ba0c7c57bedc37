import ferfusion as fer
from ferfusion.app.pace import Pace


def told(steps, *, inputs=1):
    """What a pace tells of (seconds, stage, done) of 100 frames."""
    clock = iter([seconds for seconds, _, _ in steps])
    pace = Pace(inputs, clock=lambda: next(clock))
    return [pace.tell(fer.Progress(stage, "clip", done, 100, "frames")) for _, stage, done in steps]


def test_rate_and_time_left_follow_the_last_seconds():
    last = told([(0, "Predicting", 0), (1, "Predicting", 10), (2, "Predicting", 20)])[-1]
    assert last["rate"] == 10
    assert last["seconds_left"] == 8
    assert last["progress"] == 0.18


def test_first_step_has_no_rate():
    assert told([(0, "Predicting", 5)])[0]["rate"] is None


def test_rate_begins_again_with_a_stage():
    steps = [(0, "Predicting", 0), (10, "Predicting", 100), (10.5, "Drawing", 0), (11.5, "Drawing", 50)]
    assert [one["rate"] for one in told(steps)] == [None, 10, None, 50]


def test_progress_never_falls_and_ends_at_one():
    steps = [(0, "Predicting", 100), (1, "Drawing", 1), (2, "Drawing", 100), (3, "Predicting", 1)]
    shares = [one["progress"] for one in told(steps)]
    assert shares == sorted(shares)
    assert shares[2] == 1


def test_inputs_have_the_same_share():
    pace = Pace(4, clock=lambda: 0.0)
    pace.finish_input()
    assert pace.tell(fer.Progress("Drawing", "b", 1, 1, "frames"))["progress"] == 0.5


def test_unknown_total_has_no_progress():
    told_of = Pace(clock=lambda: 0.0).tell(fer.Progress("Predicting", "a", 3, None, "frames"))
    assert told_of["progress"] is None
    assert told_of["total"] is None


def test_epochs_of_a_training_have_the_same_share():
    steps = [(0, "epoch 1/2", 50), (1, "epoch 1/2", 100), (2, "epoch 2/2", 50)]
    assert [one["progress"] for one in told(steps)] == [0.25, 0.5, 0.75]
