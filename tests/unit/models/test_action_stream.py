import pytest
import torch

from ferfusion.data.action_curves import CURVE_COLUMNS, CURVE_RATE, POSE, READ
from ferfusion.errors import ConfigError
from ferfusion.models.action_stream import OWN_CHANNELS, ActionStream, with_motion_and_age
from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig


def test_action_stream_has_a_map_of_one_row_and_a_column_for_each_moment():
    stream = ActionStream(out_channels=32).eval()
    assert stream(torch.rand(2, 25, CURVE_COLUMNS)).shape == (2, 32, 1, 25)
    assert stream(torch.rand(2, 9, CURVE_COLUMNS)).shape == (2, 32, 1, 9)
    assert stream.out_channels == 32


def test_action_stream_sees_fourteen_rows_to_both_sides():
    stream = ActionStream(out_channels=8).eval()
    windows = torch.rand(1, 61, CURVE_COLUMNS, requires_grad=True)
    stream(windows)[0, :, 0, 30].sum().backward()
    reached = windows.grad.abs().sum(dim=(0, 2)).nonzero()[:, 0].tolist()
    assert (min(reached), max(reached)) == (30 - 2 * (1 + 2 + 4) - 1, 30 + 2 * (1 + 2 + 4))


def test_added_columns_are_the_speed_of_the_pose_and_the_age():
    windows = torch.zeros(1, 4, CURVE_COLUMNS)
    windows[..., READ] = 1
    windows[0, :, POSE.start] = torch.tensor([0.0, 0.5, 0.5, 0.25])
    added = with_motion_and_age(windows)[0, :, CURVE_COLUMNS:]
    assert added[:, 0].tolist() == [0, 0.5 * CURVE_RATE, 0, -0.25 * CURVE_RATE]
    assert (added[:, 1:3] == 0).all()
    torch.testing.assert_close(added[:, 3], torch.tensor([0, 1 / 3, 2 / 3, 1]))


def test_pose_that_was_not_read_has_no_speed():
    windows = torch.zeros(1, 4, CURVE_COLUMNS)
    windows[0, :, READ] = torch.tensor([1.0, 0, 1, 1])
    windows[0, :, POSE.start] = torch.tensor([1.0, 0, 1, 2])
    speed = with_motion_and_age(windows)[0, :, CURVE_COLUMNS]
    assert speed.tolist() == [0, 0, 0, CURVE_RATE]


def test_action_stream_alone_needs_no_certain_size_of_crop():
    config = ModelConfig(architecture="actions", size=8, action_seconds=1)
    assert (config.window, config.window_shape, config.map_side) == (17, (17, 108), 1)
    model = build_model(config, 6)
    assert model.actions_stream.out_channels == OWN_CHANNELS
    own = 112 * 64 + 64 + 6 * (64 * 64 * 3 + 128) + 64 * 128 + 128
    assert count_parameters(model.actions_stream) == own


def test_action_stream_has_the_channels_of_the_stream_beside_it():
    model = build_model(ModelConfig(architecture="three-stream-actions", stream="table1"), 6)
    assert {stream.out_channels for stream in model.streams.values()} == {256}


def test_map_over_time_is_not_flattened():
    with pytest.raises(ConfigError, match="begins with gap, got 'flatten-sum'"):
        ModelConfig(architecture="spatial-actions", fusion="flatten-sum")


def test_crops_of_a_long_window_of_actions_are_not_kept():
    """A window of crops over as many frames would take too much memory."""
    config = ModelConfig(architecture="spatial-actions", size=512, frames=64, frame_step=64)
    assert config.window == 25
