from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, recall_score

from ferfusion.training.loop.epoch_metrics import EpochMetrics

CPU = torch.device("cpu")


@pytest.fixture
def epoch():
    """Logits (50, 4) of one epoch and its codes (50,)."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(50, 4, generator=generator), torch.arange(50) % 4


def test_epoch_metrics_are_those_of_scikit_learn_whatever_the_batches(epoch):
    logits, codes = epoch
    metrics = EpochMetrics.empty(4, CPU)
    for rows in torch.split(torch.arange(50), 16):
        metrics.add(logits[rows], codes[rows])
    predicted = logits.argmax(1)
    assert metrics.metrics("val") == pytest.approx(
        {
            "val_loss": log_loss(codes, logits.double().softmax(1)),
            "val_accuracy": accuracy_score(codes, predicted),
            "val_uar": recall_score(codes, predicted, average="macro"),
        },
        rel=1e-5,
    )


def test_epoch_metrics_count_true_classes_in_rows(epoch):
    metrics = EpochMetrics.empty(3, CPU)
    metrics.add(torch.eye(3)[[1, 1, 2]], torch.tensor([0, 1, 2]))
    assert metrics.confusion.tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_epoch_metrics_are_summed_over_processes(epoch):
    class TwoProcesses:
        """A strategy whose other process has the same sums."""

        def reduce(self, tensor, reduce_op):
            assert reduce_op == "sum"
            return 2 * tensor

    metrics = EpochMetrics.empty(4, CPU)
    metrics.add(*epoch)
    strategy: Any = TwoProcesses()
    both = metrics.summed(strategy)
    assert torch.equal(both.confusion, 2 * metrics.confusion)
    assert both.metrics("train") == pytest.approx(metrics.metrics("train"))


def test_epoch_metrics_without_samples_have_no_loss():
    with np.errstate(invalid="ignore", divide="ignore"):
        assert EpochMetrics.empty(4, CPU).metrics("val")["val_loss"] == 0.0
