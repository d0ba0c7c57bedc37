import pytest
import torch

from ferfusion.compute import Compute, full_precision, torch_device
from ferfusion.errors import ConfigError


def test_torch_device_auto_is_the_processor_where_there_is_no_gpu():
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    assert torch_device("auto").type == wanted


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_torch_device_that_does_not_start_is_reported_in_one_line(device):
    if getattr(torch, "cuda" if device == "cuda" else "mps").is_available():
        pytest.skip(f"there is {device}")
    with pytest.raises(
        ConfigError, match=rf"The device '{device}' does not start: .*Choose cpu, or auto"
    ) as error:
        torch_device(device)
    assert "\n" not in str(error.value)


def test_torch_device_reports_the_first_line_of_an_error(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("CUDA error: no kernel image is available.\nCompile with TORCH_USE_CUDA_DSA")

    monkeypatch.setattr(torch, "ones", broken)
    words = r"does not start: CUDA error: no kernel image is available\. Choose cpu"
    with pytest.raises(ConfigError, match=words):
        torch_device("cuda")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"device": "gpu"}, "Unknown device 'gpu'"),
        ({"devices": 0}, "devices must be at least 1, got 0"),
        ({"precision": "16"}, "Unknown precision '16'"),
    ],
)
def test_compute_refuses_wrong_settings(settings, words):
    with pytest.raises(ConfigError, match=words):
        Compute(**settings)


def test_full_precision_on_a_gpu_turns_tf32_off_and_back_also_after_an_error():
    cudnn = torch.backends.cudnn
    assert cudnn.allow_tf32  # torch's default
    with full_precision(torch.device("cuda")):
        assert not cudnn.allow_tf32
        with full_precision(torch.device("cuda")):
            assert not cudnn.allow_tf32
        assert not cudnn.allow_tf32
    assert cudnn.allow_tf32
    with pytest.raises(ZeroDivisionError), full_precision(torch.device("cuda")):
        raise ZeroDivisionError
    assert cudnn.allow_tf32


def test_full_precision_on_the_processor_changes_nothing():
    with full_precision(torch.device("cpu")):
        assert torch.backends.cudnn.allow_tf32
