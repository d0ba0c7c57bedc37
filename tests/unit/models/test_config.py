import pytest

from ferfusion.errors import ConfigError
from ferfusion.models.architectures import ARCHITECTURES
from ferfusion.models.config import ModelConfig


def test_model_config_survives_a_round_trip():
    config = ModelConfig(fusion="flatten-sum", stream="table1", dropout=0.4, frames=5)
    assert ModelConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"fusion": "gap-summ"}, "Did you mean 'gap-sum'"),
        ({"architecture": "spacial"}, "Did you mean 'spatial'"),
        ({"stream": "table2"}, "Did you mean 'table1'"),
        ({"input_scaling": "unti"}, "Did you mean 'unit'"),
        ({"flow_encoding": "hsl"}, "choose one of hsv, hsv-fixed, uv"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"size": 47}, "size must be at least 48 pixels for the stream 'listing', got 47"),
        ({"frames": 2}, "frames must be from 3 to 64, got 2"),
        ({"frame_step": 0}, "frame_step must be from 1 to 64, got 0"),
        ({"frames": 10**5}, "frames must be from 3 to 64, got 100000"),
        ({"head_units": 10**9}, "head_units must be from 1 to 8,192, got 1000000000"),
        ({"size": 10**5}, "size must be from 1 to 512 pixels, got 100000"),
        ({"size": "48"}, "size must be a whole number, got '48'"),
        ({"architecture": ["spatial"]}, r"architecture must be text, got \['spatial'\]"),
        (
            {"architecture": "lstm", "frames": 64, "frame_step": 64, "size": 256},
            "4,033 frames of 256 pixels takes 792,920,064 bytes",
        ),
        ({"architecture": "conv3d", "stream": "vgg16"}, "'vgg16' has no 3D form; choose one of listing"),
        ({"architecture": "conv3d", "stream": "vgg"}, "Unknown stream 'vgg'"),
        ({"stream": "r3d18"}, "'r3d18' reads windows of crops alone; choose the architecture conv3d"),
        ({"architecture": "spatial-conv3d", "stream": "r3d18"}, "choose the architecture conv3d"),
        ({"architecture": "conv3d", "stream": "r3d18", "size": 16}, "size must be at least 17 pixels"),
    ],
)
def test_model_config_refuses_a_setting_that_cannot_be_used(setting, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig(**setting)


def test_model_config_refuses_an_unknown_key():
    with pytest.raises(ConfigError, match="Unknown model settings: fusions"):
        ModelConfig.from_dict({"fusions": "gap-sum"})


def test_window_is_0_except_for_architectures_that_read_windows():
    windows = {name: ModelConfig(architecture=name, frames=5).window for name in ARCHITECTURES}
    assert {name for name, window in windows.items() if not window} == {
        "two-stream",
        "spatial",
        "flow",
        "late-fusion",
        "hybrid",
    }
    assert {name for name, window in windows.items() if window == 25} == {
        "actions",
        "spatial-actions",
        "three-stream-actions",
    }
    assert set(windows.values()) == {0, 5, 25}
