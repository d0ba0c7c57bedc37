"""One training, from a prepared dataset to a run folder; the same call goes on with a stopped run."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightning.pytorch import Callback
from safetensors.torch import load_file

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.compute import Compute
from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs
from ferfusion.evaluation.model_calibration import fit_calibration
from ferfusion.evaluation.vote_scores import VOTES
from ferfusion.files import write_table, write_text
from ferfusion.labels import LabelSet
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.models.hybrid import Hybrid
from ferfusion.models.zoo import count_parameters
from ferfusion.preparation.dataset import Dataset
from ferfusion.progress import OnProgress, ignore_progress, say
from ferfusion.splits.kept_split import keep_split, read_kept_split
from ferfusion.splits.split import parts_hash, split_header
from ferfusion.training.build import make_data, make_training, open_parts
from ferfusion.training.initial_weights import starting_model
from ferfusion.training.job import TrainJob, treated_config
from ferfusion.training.loop.checkpoints import RunRecorder
from ferfusion.training.loop.processes import Place, other_processes
from ferfusion.training.loop.progress import TrainingProgress
from ferfusion.training.loop.trainer import fit
from ferfusion.training.predictions import class_probabilities, prediction_table
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run_config import (
    Baseline,
    RunResult,
    claim_run,
    has_begun,
    majority_baseline,
    read_result,
    recipe_to_pass_on,
    run_config,
    start_hashes,
)
from ferfusion.training.staged.hybrid import TrainStream, train_hybrid, video_probabilities
from ferfusion.training.staged.smote import begin_with_smote

NO_RIGHTS = (
    "No licence was stated. Rights in the training data may bind whoever uses or passes on this model."
)

_ONE_AT_A_TIME = RLock()
"""Trainings of one process take turns: each has all of the processor's threads."""


def train_run(
    dataset: Path,
    run: Path,
    *,
    model_config: ModelConfig,
    recipe: TrainRecipe,
    rights: str = NO_RIGHTS,
    compute: Compute = Compute(),  # noqa: B008 frozen
    splits: Path | None = None,
    callbacks: Sequence[Callback] = (),
    on_progress: OnProgress = ignore_progress,
) -> RunResult:
    """Train a model on a prepared and split dataset, and leave a run folder.

    The best epoch on the validation part is kept. The test part chooses nothing: it is read once, for the
    prediction table. Called again on a run that was stopped, this goes on after its last whole epoch, to the
    very weights of an uninterrupted run; called on a finished run, it only says so, unless it is to have more
    epochs.

    Args:
        dataset: A dataset folder.
        run: The folder to write.
        model_config: Which network.
        recipe: How to train it.
        rights: Licence and rights, for the bundle.
        compute: Where and how it is computed.
        splits: The table of parts, with its header beside it; the dataset's ``splits.csv`` if left out.
        callbacks: Further Lightning callbacks.
        on_progress: Called with how far the training is, and with a line for every epoch.

    Raises:
        DatasetError: the dataset or its split cannot be used.
        ConfigError: the folder holds a run of other settings, or the settings do not fit the dataset.
        BundleError: the bundle to start from cannot be read.
    """
    with _ONE_AT_A_TIME:
        return _train_run(
            TrainJob(dataset, run, treated_config(model_config, recipe), recipe, compute, splits),
            rights=rights,
            callbacks=callbacks,
            on_progress=on_progress,
        )


def _train_run(
    job: TrainJob, *, rights: str, callbacks: Sequence[Callback], on_progress: OnProgress
) -> RunResult:
    run, model_config, recipe, splits = job.run, job.model_config, job.recipe, job.splits
    source, pairs = open_parts(job)
    claim_run(run, run_config(source, pairs, model_config, recipe, splits=splits))
    if has_begun(run):
        read_kept_split(run, source)
    else:
        keep_split(run, source, pairs.part_of_clip, header=split_header(source, splits))
    majority = majority_baseline(pairs, part="validation")
    if (run / "bundle.safetensors").is_file():
        say(on_progress, f"{run} is finished; to train anew, name another folder")
        return read_result(run, monitor=recipe.monitor, majority=majority)
    data = make_data(job, source, pairs)
    train_part = partial(
        train_run,
        job.dataset,
        rights=rights,
        compute=job.compute,
        splits=splits,
        callbacks=callbacks,
        on_progress=on_progress,
    )
    if model_config.architecture == "hybrid":
        model = _train_hybrid(job, data, pairs, train_part, majority=majority, on_progress=on_progress)
    elif recipe.treatment.retrains_head:
        model = _train_head(
            job, data, pairs, train_part, majority=majority, callbacks=callbacks, on_progress=on_progress
        )
    else:
        model = _train(job, data, pairs, majority=majority, callbacks=callbacks, on_progress=on_progress)
    predictions = _write_predictions(run, model.to(data.device), data, pairs)
    _write_votes(run, source, predictions)
    result = read_result(run, monitor=recipe.monitor, majority=majority)
    # last, because its presence is what makes a run finished
    bundle = _bundle(job, source, pairs, model, result, predictions=predictions, rights=rights)
    save_bundle(run / "bundle.safetensors", bundle)
    return result


def _train(
    job: TrainJob,
    data: PairDataModule,
    pairs: PartedPairs,
    *,
    majority: Baseline,
    callbacks: Sequence[Callback],
    on_progress: OnProgress,
) -> ExpressionModel:
    """Train, and return the model of the best epoch."""
    start = starting_model(job.model_config, job.recipe, num_classes=len(pairs.labels))
    progress = TrainingProgress(on_progress, majority_war=majority.war, majority_uar=majority.uar)
    recorder = RunRecorder(
        job.run, job.recipe, announce=partial(progress.print_epoch, epochs=job.recipe.epochs)
    )
    going_on = recorder.last_path.is_file()
    for line in [f"Going on with the run in {job.run}"] if going_on else start.lines:
        say(on_progress, line)
    with other_processes(_train_beside, job) as place:
        fit(
            job,
            make_training(job, start.model, data, pairs),
            data,
            callbacks=[progress, recorder, *callbacks],
            checkpoint=recorder.last_path,
            place=place,
        )
    start.model.load_state_dict(load_file(recorder.best_path))
    return start.model


def _train_head(
    job: TrainJob,
    data: PairDataModule,
    pairs: PartedPairs,
    train_network: TrainStream,
    *,
    majority: Baseline,
    callbacks: Sequence[Callback],
    on_progress: OnProgress,
) -> ExpressionModel:
    """Train the network in a run folder of its own, then its head anew; return it with the best head."""
    begun = begin_with_smote(job, data, pairs, train_network=train_network, tell=partial(say, on_progress))
    progress = TrainingProgress(on_progress, majority_war=majority.war, majority_uar=majority.uar)
    recorder = RunRecorder(
        job.run,
        job.recipe,
        announce=partial(progress.print_epoch, epochs=job.recipe.epochs),
        seconds_before=begun.seconds,
    )
    fit(
        replace(job, compute=replace(job.compute, devices=1)),
        begun.training,
        begun.data,
        callbacks=[progress, recorder, *callbacks],
        checkpoint=recorder.last_path,
    )
    begun.head.load_state_dict(load_file(recorder.best_path))
    return begun.head.network.cpu()


def _train_hybrid(
    job: TrainJob,
    data: PairDataModule,
    pairs: PartedPairs,
    train_stream: TrainStream,
    *,
    majority: Baseline,
    on_progress: OnProgress,
) -> ExpressionModel:
    progress = TrainingProgress(on_progress, majority_war=majority.war, majority_uar=majority.uar)
    announce = partial(progress.print_epoch, epochs=job.recipe.dbn_epochs)
    return train_hybrid(
        job, data, pairs, train_stream=train_stream, announce=announce, tell=partial(say, on_progress)
    )


def _train_beside(job: TrainJob, place: Place) -> None:
    """Take part in a training from another process, which reads the same files and writes none."""
    source, pairs = open_parts(job)
    data = make_data(job, source, pairs)
    start = starting_model(job.model_config, job.recipe, num_classes=len(pairs.labels))
    recorder = RunRecorder(job.run, job.recipe, announce=_say_nothing)
    training = make_training(job, start.model, data, pairs)
    fit(job, training, data, callbacks=[recorder], checkpoint=recorder.last_path, place=place)


def _say_nothing(row: dict[str, float], *, is_best: bool) -> None:
    """Leave it to the first process to show an epoch."""


def _write_predictions(
    run: Path, model: ExpressionModel, data: PairDataModule, pairs: PartedPairs
) -> pd.DataFrame:
    parts = [
        prediction_table(pairs, *_probabilities(model, data, pairs, part=part), part=part)
        for part in ("validation", "test")
        if len(pairs.rows(part))
    ]
    table = pd.concat(parts)
    write_text(run / "predictions.csv", table.to_csv(index=False, float_format="%.6f"))
    return table


def _write_votes(run: Path, source: Dataset, predictions: pd.DataFrame) -> None:
    """Write how the annotators voted on what is predicted, where the dataset has votes."""
    if source.votes is not None:
        write_table(run / VOTES, source.votes[source.votes["video"].isin(predictions["video"])])


def _probabilities(
    model: ExpressionModel, data: PairDataModule, pairs: PartedPairs, *, part: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    if isinstance(model, Hybrid):
        return video_probabilities(model, data.batches(part), pairs, part=part)
    return class_probabilities(model, data.batches(part))


def _bundle(
    job: TrainJob,
    source: Dataset,
    pairs: PartedPairs,
    model: ExpressionModel,
    result: RunResult,
    *,
    predictions: pd.DataFrame,
    rights: str,
) -> Bundle:
    return Bundle(
        weights=model.cpu().state_dict(),
        model_config=job.model_config,
        labels=source.labels,
        recipe=source.recipe,
        training={
            "recipe": recipe_to_pass_on(job.recipe),
            "start": start_hashes(job.recipe),
            "corpus": source.corpus,
            "split_hash": parts_hash(pairs.part_of_clip),
            "parameters": count_parameters(model),
            "epochs": len(result.epochs),
            "best_epoch": int(result.best["epoch"]),
            "seconds": round(result.seconds, 1),
        },
        metrics=_validation_metrics(result) | _calibration(model, predictions, source.labels),
        rights=rights,
    )


def _validation_metrics(result: RunResult) -> dict[str, Any]:
    return {
        "part": "validation",
        "level": "pair",
        "war": result.best["val_accuracy"],
        "uar": result.best["val_uar"],
        "majority_war": result.majority.war,
        "majority_uar": result.majority.uar,
    }


def _calibration(model: ExpressionModel, predictions: pd.DataFrame, labels: LabelSet) -> dict[str, Any]:
    """Return what was found on the validation part; a hybrid's answers on videos say nothing of its pairs."""
    validation = predictions[predictions["part"] == "validation"]
    if isinstance(model, Hybrid) or validation.empty:
        return {}
    return {"calibration": fit_calibration(validation, labels).to_dict()}
