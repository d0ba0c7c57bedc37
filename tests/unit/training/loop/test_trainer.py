import logging
import os
import pickle
import signal
import warnings

import pytest
import torch
from lightning.pytorch import Callback
from lightning.pytorch.accelerators import CUDAAccelerator

from ferfusion.errors import RunError
from ferfusion.training.loop.trainer import check_checkpoint
from helpers.trainings import SHORT, KillAt, KilledError, train


class SendSignal(Callback):
    """Sends this process a signal after the first batch."""

    def __init__(self, number):
        self.number = number

    def on_train_batch_end(self, *_):
        os.kill(os.getpid(), self.number)


def test_check_checkpoint_accepts_a_whole_one(tmp_path):
    torch.save({"epoch": 1, "state_dict": {"weight": torch.ones(3)}}, tmp_path / "last.ckpt")
    check_checkpoint(tmp_path / "last.ckpt")


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "code"])
def test_check_checkpoint_names_a_damaged_one_in_one_line(tmp_path, damage):
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": {"weight": torch.ones(300)}}, path)
    whole = path.read_bytes()
    contents = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "noise": b"\x07" * 999,
        "code": pickle.dumps(print, protocol=2),  # runs code when it is unpickled without weights_only
    }
    path.write_bytes(contents[damage])
    with pytest.raises(RunError, match=r"last\.ckpt is damaged \(.*\); delete it") as caught:
        check_checkpoint(path)
    assert "\n" not in str(caught.value)


@pytest.fixture
def own_ctrl_c():
    """Python's handler of SIGINT: a shell starts a job in the background with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("number", "stop"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_fit_ends_as_other_programs_do_on_a_signal(dataset, tmp_path, number, stop, own_ctrl_c):
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(stop) as caught:
        train(dataset, tmp_path / "run", recipe=SHORT, callbacks=[SendSignal(number)])
    if stop is SystemExit:
        assert caught.value.code == 128 + signal.SIGTERM
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_fit_on_the_processor_of_a_host_with_a_gpu_warns_of_nothing(dataset, tmp_path, monkeypatch):
    # a warning fails the test
    monkeypatch.setattr(CUDAAccelerator, "is_available", staticmethod(lambda: True))
    assert len(train(dataset, tmp_path / "run", recipe=SHORT).epochs) == SHORT.epochs


def test_fit_prints_nothing_and_restores_the_loggers(dataset, tmp_path, capfd):
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels, filters = [logger.level for logger in loggers], list(warnings.filters)
    train(dataset, tmp_path / "run", recipe=SHORT)
    assert capfd.readouterr() == ("", "")
    assert [logger.level for logger in loggers] == levels
    assert warnings.filters == filters


@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_fit_names_a_damaged_checkpoint_and_starts_again_without_it(dataset, tmp_path, damage):
    with pytest.raises(KilledError):
        train(dataset, tmp_path / "run", recipe=SHORT, callbacks=[KillAt(1)])
    path = tmp_path / "run" / "checkpoints" / "last.ckpt"
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "noise": b"\x07" * 999}[damage])
    with pytest.raises(RunError, match=r"last.ckpt is damaged .*delete it") as error:
        train(dataset, tmp_path / "run", recipe=SHORT)
    assert "\n" not in str(error.value)
    path.unlink()
    assert len(train(dataset, tmp_path / "run", recipe=SHORT).epochs) == 2
