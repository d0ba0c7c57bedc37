"""End-to-end training: gradient descent on all weights, and the best epoch on validation."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ferfusion.data.batches import Batch
from ferfusion.data.pairs import PartedPairs
from ferfusion.models.bases import ExpressionModel
from ferfusion.parts import Part
from ferfusion.training.build import make_data, make_training, open_parts
from ferfusion.training.initial_weights import starting_model
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.checkpoints import RunRecorder, load_best_weights
from ferfusion.training.loop.epoch_metrics import EpochRow
from ferfusion.training.loop.processes import Peer, other_processes
from ferfusion.training.loop.trainer import fit
from ferfusion.training.open_job import OpenJob
from ferfusion.training.predictions import class_probabilities


def train_end_to_end(opened: OpenJob) -> ExpressionModel:
    """Train, or resume, and return the model of the best epoch."""
    job = opened.job
    start = starting_model(job.model_config, job.recipe, num_classes=len(opened.pairs.labels))
    progress = opened.progress()
    recorder = opened.recorder(progress)
    resumes = recorder.last_path.is_file()
    for line in [f"Resuming the run in {job.run}"] if resumes else start.lines:
        opened.say(line)
    with other_processes(_train_beside, job) as peer:
        fit(
            job,
            make_training(job, start.model, opened.data, opened.pairs),
            opened.data,
            callbacks=[progress, recorder, *opened.callbacks],
            checkpoint=recorder.last_path,
            peer=peer,
        )
    start.model.load_state_dict(load_best_weights(recorder.best_path))
    return start.model


def predict_pairs(
    model: ExpressionModel, batches: Iterable[Batch], pairs: PartedPairs, *, part: Part
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the rows of a part, and the probabilities (rows, C) of each pair.

    Args:
        model: The model.
        batches: The part's batches.
        pairs: All pairs; a prediction of single pairs does not need them.
        part: The part; a prediction of single pairs does not need it.
    """
    return class_probabilities(model, batches)


def _train_beside(job: TrainJob, peer: Peer) -> None:
    """Train in another process than the first; it reads the same files and writes none."""
    source, pairs = open_parts(job)
    data = make_data(job, source, pairs)
    start = starting_model(job.model_config, job.recipe, num_classes=len(pairs.labels))
    recorder = RunRecorder(job.run, job.recipe, announce=_report_nothing)
    training = make_training(job, start.model, data, pairs)
    fit(job, training, data, callbacks=[recorder], checkpoint=recorder.last_path, peer=peer)


def _report_nothing(row: EpochRow, *, is_best: bool) -> None:
    """Report nothing: the first process reports the epochs."""
