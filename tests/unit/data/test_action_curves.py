import numpy as np
import pytest
import torch

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.rest import RunningRest, estimate_rest
from ferfusion.data.action_curves import (
    CURVE_COLUMNS,
    CURVE_RATE,
    POSE,
    READ,
    curve_rows,
    latest_window,
    mirrored_columns,
    track_curves,
)
from ferfusion.data.augment import Transforms
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import mirrored, window_inputs
from ferfusion.data.windows import run_starts
from ferfusion.errors import DatasetError
from ferfusion.preparation.clip_file import write_clip
from helpers.datasets import clip_arrays

SMILE, JAW = ACTIONS.index("mouthSmileLeft"), ACTIONS.index("jawOpen")
CHANGE = len(ACTIONS)
"""Column of the first action minus its rest."""


def track(frames, *, fps=25.0, pair_ok=None):
    """Curves of a smile that is a tenth of the seconds, and a yaw of 30 degrees a second."""
    seconds = np.arange(frames) / fps
    actions, pose = np.zeros((frames, len(ACTIONS)), np.float32), np.zeros((frames, 3), np.float32)
    actions[:, SMILE], pose[:, 0] = seconds / 10, 30 * seconds
    starts = run_starts(np.ones(frames - 1, bool) if pair_ok is None else pair_ok)
    return track_curves(seconds, actions, pose, starts), starts


def window_of(curves, last, *, first=0, rows=9):
    return curves.windows(np.array([last]), first=np.array([first]), rows=rows)[0]


def test_window_has_a_row_for_each_moment_up_to_its_frame():
    curves, _ = track(51)
    window = window_of(curves, 50)
    assert window.shape == (9, CURVE_COLUMNS) == (9, 108)
    moments = 2 - np.arange(8, -1, -1) / CURVE_RATE
    np.testing.assert_allclose(window[:, SMILE], moments / 10, atol=1e-6)
    np.testing.assert_allclose(window[:, POSE.start], moments, atol=1e-6)
    assert (window[:, READ] == 1).all()


@pytest.mark.parametrize("fps", [12.5, 25.0, 29.97, 60.0])
def test_window_means_the_same_at_every_frame_rate(fps):
    last = round(2 * fps)
    curves, _ = track(last + 1, fps=fps)
    moments = last / fps - np.arange(24, -1, -1) / CURVE_RATE
    window = window_of(curves, last, rows=25)
    np.testing.assert_allclose(window[:, SMILE], moments / 10, atol=1e-6)


def test_window_has_the_change_from_the_rest_so_far():
    curves, _ = track(51)
    window = window_of(curves, 50)
    # the least active fifth of 51 frames are the first 11; their median is the sixth
    rest = np.float32(0.02)
    assert curves.rests[50, SMILE] == pytest.approx(rest)
    np.testing.assert_allclose(window[:, CHANGE + SMILE], window[:, SMILE] - rest, atol=1e-6)
    assert (window[:, CHANGE + JAW] == 0).all()


def test_rests_are_those_of_the_frames_so_far_and_begin_again_after_a_break():
    pair_ok = np.ones(29, bool)
    pair_ok[19] = False
    curves, starts = track(30, pair_ok=pair_ok)
    actions = curves.values[:, : len(ACTIONS)]
    for index in range(30):
        expected = estimate_rest(actions[starts[index] : index + 1])
        np.testing.assert_array_equal(curves.rests[index], expected)
    running = RunningRest()
    np.testing.assert_array_equal(curves.rests[20], running.add(actions[20]))


def test_window_does_not_reach_back_over_a_break():
    pair_ok = np.ones(49, bool)
    pair_ok[39] = False
    curves, starts = track(50, pair_ok=pair_ok)
    window = window_of(curves, 45, first=starts[45])
    assert starts[45] == 40
    np.testing.assert_allclose(window[:5, SMILE], 0.16, atol=1e-6)
    assert window[-1, SMILE] == pytest.approx(0.18)


def test_window_of_the_first_frame_repeats_it():
    curves, _ = track(3)
    window = window_of(curves, 0)
    assert (window == window[0]).all()


def test_rows_beside_a_frame_that_was_not_read_are_zero_and_say_so():
    curves, _ = track(51)
    curves.values[48] = np.nan
    window = window_of(curves, 50, rows=3)  # at 1.875, 1.9375 and 2 s; frame 48 is at 1.92 s
    assert window[:, READ].tolist() == [1, 0, 1]
    assert (window[1] == 0).all()
    assert window[2, SMILE] == pytest.approx(0.2)


def test_action_that_the_estimator_never_gives_is_zero_in_rows_that_are_read():
    seconds = np.arange(5) / 25
    actions, pose = np.full((5, 52), 0.25, np.float32), np.zeros((5, 3), np.float32)
    actions[:, ACTIONS.index("tongueOut")] = np.nan
    window = window_of(track_curves(seconds, actions, pose, np.zeros(5, np.int64)), 4, rows=2)
    assert (window[:, READ] == 1).all()
    assert (window[:, ACTIONS.index("tongueOut")] == 0).all()
    assert (window[:, SMILE] == 0.25).all()


def test_face_that_was_never_read_has_rows_of_zeros():
    unread = np.full((4, 52), np.nan, np.float32)
    curves = track_curves(np.arange(4) / 25, unread, unread[:, :3], np.zeros(4, np.int64))
    assert (window_of(curves, 3) == 0).all()


def test_latest_window_is_that_of_the_whole_track():
    curves, _ = track(80)
    kept = slice(60, 80)  # reaches back 0.76 s; the window needs 0.5 s
    found = latest_window(curves.seconds[kept], list(curves.values[kept]), curves.rests[79], rows=9)
    np.testing.assert_array_equal(found, window_of(curves, 79))


def test_curve_rows_are_those_of_both_ends():
    assert [curve_rows(seconds) for seconds in (0.25, 1, 1.5, 2)] == [5, 17, 25, 33]


def test_mirrored_swaps_the_sides_and_turns_the_head():
    windows = torch.zeros(1, 2, CURVE_COLUMNS)
    for name, value in (("mouthSmileLeft", 0.5), ("jawLeft", 0.25), ("jawOpen", 1.0)):
        windows[..., ACTIONS.index(name)] = value
        windows[..., CHANGE + ACTIONS.index(name)] = value
    windows[..., POSE] = torch.tensor([0.3, 0.2, 0.1])
    found = mirrored(windows)
    for offset in (0, CHANGE):
        assert (found[..., offset + ACTIONS.index("mouthSmileRight")] == 0.5).all()
        assert (found[..., offset + ACTIONS.index("mouthSmileLeft")] == 0).all()
        assert (found[..., offset + ACTIONS.index("jawRight")] == 0.25).all()
        assert (found[..., offset + JAW] == 1).all()
    torch.testing.assert_close(found[0, 0, POSE], torch.tensor([-0.3, 0.2, -0.1]))
    assert torch.equal(mirrored(found), windows)


def test_mirrored_columns_have_every_column_once():
    assert sorted(mirrored_columns()) == list(range(CURVE_COLUMNS))


def test_window_inputs_mirror_the_curves_of_mirrored_faces_alone():
    windows = torch.rand(2, 3, CURVE_COLUMNS)
    identity = torch.tensor([[1.0, 0, 0], [0, 1, 0]])
    mirror = torch.tensor([[-1.0, 0, 0], [0, 1, 0]])
    found = window_inputs(windows, transforms=Transforms(torch.stack([identity, mirror]), torch.zeros(2, 4)))
    assert torch.equal(found[0], windows[0])
    assert torch.equal(found[1], mirrored(windows[1:])[0])
    assert torch.equal(window_inputs(windows), windows)


def write_track(folder, curves, **further):
    arrays = clip_arrays(0, 6, frames=len(curves.seconds), size=48, rng=np.random.default_rng(0))
    actions, pose = np.split(curves.values, [len(ACTIONS)], axis=1)
    write_clip(folder / "clip.safetensors", arrays | {"actions": actions, "pose": pose} | further)


def test_reader_gathers_the_windows_of_its_pairs(tmp_path):
    curves, _ = track(51)
    write_track(tmp_path, curves)
    reader = PairReader(tmp_path, ["clip"] * 3, [10, 3, 49])
    found = reader.gather_windows(np.array([2, 0]), frames=9, step=1, curves=True)
    np.testing.assert_array_equal(found, [window_of(curves, 49), window_of(curves, 10)])


def test_reader_refuses_curves_of_a_clip_without_actions(tmp_path):
    arrays = clip_arrays(0, 6, frames=5, size=48, rng=np.random.default_rng(0))
    write_clip(tmp_path / "clip.safetensors", arrays)
    with pytest.raises(DatasetError, match="no facial actions; prepare the dataset"):
        PairReader(tmp_path, ["clip"], [0]).gather_windows(np.array([0]), frames=9, step=1, curves=True)


def test_reader_refuses_actions_of_another_shape(tmp_path):
    write_track(tmp_path, track(5)[0], pose=np.zeros((4, 3), np.float32))
    with pytest.raises(DatasetError, match=r"pose \(4, 3\), expected \(5, 3\)"):
        PairReader(tmp_path, ["clip"], [0])
