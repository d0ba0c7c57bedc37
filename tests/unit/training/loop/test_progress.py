from types import SimpleNamespace

import pytest
from lightning.pytorch.utilities.exceptions import SIGTERMException

from ferfusion.training.loop.progress import TrainingProgress

ROW = {
    "epoch": 3.0,
    "lr": 5e-4,
    "train_loss": 1.25,
    "train_accuracy": 0.5,
    "train_uar": 0.375,
    "val_loss": 1.5,
    "val_accuracy": 0.25,
    "val_uar": 0.125,
    "seconds": 2.04,
}


@pytest.fixture
def seen():
    return []


@pytest.fixture
def progress(seen):
    return TrainingProgress(seen.append, constant_war=0.3, constant_uar=1 / 6)


@pytest.mark.parametrize(("is_best", "end"), [(False, "2.0 s"), (True, "2.0 s  best so far")])
def test_print_epoch_has_the_scores_beside_the_baseline(progress, seen, is_best, end):
    progress.print_epoch(ROW, epochs=20, is_best=is_best)
    [one] = seen
    assert one.message == (
        "epoch 3/20  lr 5.0e-04  train: loss 1.250, WAR 50.0%, UAR 37.5%  "
        f"validation: loss 1.500, WAR 25.0%, UAR 12.5% (baseline 30.0%, 16.7%)  {end}"
    )


def test_progress_counts_batches_over_all_epochs(progress, seen):
    trainer = SimpleNamespace(max_epochs=5, num_training_batches=10, current_epoch=2)
    progress.on_train_batch_end(trainer, None, None, None, 3)
    [one] = seen
    assert (one.done, one.total, one.unit) == (24, 50, "batches")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SIGTERMException()])
def test_progress_reports_that_a_stopped_run_can_resume(progress, seen, stop):
    progress.on_exception(None, None, stop)
    assert [one.message for one in seen] == ["Stopped. The same command resumes from the last whole epoch."]


def test_progress_leaves_other_exceptions_to_their_message(progress, seen):
    progress.on_exception(None, None, ValueError("a bug"))
    assert seen == []
