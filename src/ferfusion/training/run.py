"""One training, from a prepared dataset to a run folder; the same call goes on with a stopped run."""

import logging
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException
from rich.console import Console
from safetensors.torch import load_file

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.data.clips import PairReader
from ferfusion.data.module import PairDataModule
from ferfusion.data.pairs import PartedPairs, parted_pairs, shuffle_labels_of_videos
from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from ferfusion.models.two_stream import ExpressionModel
from ferfusion.models.zoo import build_model, count_parameters
from ferfusion.prepare.dataset import Dataset, open_dataset
from ferfusion.prepare.splits import read_splits
from ferfusion.prepare.store import write_text
from ferfusion.training.folder import (
    RunResult,
    claim_run,
    majority_baseline,
    read_result,
    run_config,
)
from ferfusion.training.module import ExpressionTraining
from ferfusion.training.predictions import class_probabilities, prediction_table
from ferfusion.training.progress import TrainingProgress
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.recorder import RunRecorder

NO_RIGHTS = (
    "No licence was stated. Rights in the training data may bind whoever uses or passes on this model."
)


def train_run(
    dataset: Path,
    run: Path,
    *,
    model_config: ModelConfig,
    recipe: TrainRecipe,
    rights: str = NO_RIGHTS,
    accelerator: str = "auto",
    callbacks: Sequence[Callback] = (),
    console: Console | None = None,
) -> RunResult:
    """Train a model on a prepared and split dataset, and leave a run folder.

    The best epoch on the validation part is kept. The test part chooses nothing: it is read once, for the
    prediction table. Called again on a run that was stopped, this goes on after its last whole epoch, to the
    very weights of an uninterrupted run; called on a finished run, it only says so.

    Args:
        dataset: A dataset folder with ``splits.csv``.
        run: The folder to write.
        model_config: Which network.
        recipe: How to train it.
        rights: Licence and rights, for the bundle.
        accelerator: Where to train, in Lightning's words: auto, cpu, gpu.
        callbacks: Further Lightning callbacks.
        console: Where progress is shown; the terminal if left out.

    Raises:
        DatasetError: the dataset or its split cannot be used.
        ConfigError: the folder holds a run of other settings, or the settings do not fit the dataset.
    """
    console = console or Console()
    source = open_dataset(dataset)
    pairs = parted_pairs(source.pairs, read_splits(source), labels=source.labels)
    _check_size(model_config, source)
    claim_run(run, run_config(source, pairs, model_config, recipe))
    majority = majority_baseline(pairs, part="validation")
    if (run / "bundle.safetensors").is_file():
        console.print(f"{run} is finished; to train anew, name another folder")
        return read_result(run, monitor=recipe.monitor, majority=majority)

    data = _data_module(source, pairs, model_config, recipe)
    model = build_model(model_config, len(source.labels), seed=recipe.seed)
    progress = TrainingProgress(console, majority_war=majority.war, majority_uar=majority.uar)
    recorder = RunRecorder(run, announce=partial(progress.print_epoch, epochs=recipe.epochs))
    if recorder.last_path.is_file():
        console.print(f"Going on with the run in {run}")
    trainer = _trainer(run, recipe, accelerator=accelerator, callbacks=[progress, recorder, *callbacks])
    _fit(trainer, model, data, recipe=recipe, checkpoint=recorder.last_path)
    model.load_state_dict(load_file(recorder.best_path))
    _write_predictions(run, model, data, pairs)
    result = read_result(run, monitor=recipe.monitor, majority=majority)
    bundle = Bundle(
        weights=model.state_dict(),
        model_config=model_config,
        labels=source.labels,
        recipe=source.recipe,
        training=_training_summary(source, model, recipe, result),
        metrics=_validation_metrics(result),
        rights=rights,
    )
    # last, because its presence is what makes a run finished
    save_bundle(run / "bundle.safetensors", bundle)
    return result


def _check_size(model_config: ModelConfig, source: Dataset) -> None:
    if model_config.size != source.recipe.size:
        raise ConfigError(
            f"The model reads crops of {model_config.size} pixels, {source.root} has {source.recipe.size}; "
            f"train with --size {source.recipe.size}"
        )


def _data_module(
    source: Dataset, pairs: PartedPairs, model_config: ModelConfig, recipe: TrainRecipe
) -> PairDataModule:
    codes = pairs.codes
    if recipe.shuffle_labels:
        codes = shuffle_labels_of_videos(pairs, part="train", seed=recipe.seed)
    return PairDataModule(
        pairs,
        PairReader(source.root / "clips", list(pairs.table["clip"]), list(pairs.table["pair"])),
        train_codes=codes,
        batch_size=recipe.batch_size,
        flow_encoding=model_config.flow_encoding,
        seed=recipe.seed,
        augmentation=recipe.augmentation,
    )


def _trainer(run: Path, recipe: TrainRecipe, *, accelerator: str, callbacks: list[Callback]) -> Trainer:
    with _quiet_lightning():
        return Trainer(
            accelerator=accelerator,
            devices=1,
            max_epochs=recipe.epochs,
            callbacks=callbacks,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            default_root_dir=run,
        )


def _fit(
    trainer: Trainer, model: ExpressionModel, data: PairDataModule, *, recipe: TrainRecipe, checkpoint: Path
) -> None:
    """Train to the recipe's last epoch, from the run's last checkpoint if it has one."""
    training = ExpressionTraining(
        model,
        recipe,
        num_classes=model.head.dense3.out_features,
        batches_per_epoch=len(data.train_dataloader()),
    )
    # dropout draws from torch's global state: the caller's is given back
    with _quiet_lightning(), _honest_exit(), torch.random.fork_rng():
        trainer.fit(
            training,
            datamodule=data,
            ckpt_path=checkpoint if checkpoint.is_file() else None,
            weights_only=True,
        )


def _write_predictions(run: Path, model: ExpressionModel, data: PairDataModule, pairs: PartedPairs) -> None:
    parts = [
        prediction_table(pairs, *class_probabilities(model, data.batches(part)), part=part)
        for part in ("validation", "test")
    ]
    write_text(run / "predictions.csv", pd.concat(parts).to_csv(index=False, float_format="%.6f"))


def _training_summary(
    source: Dataset, model: ExpressionModel, recipe: TrainRecipe, result: RunResult
) -> dict[str, Any]:
    return {
        "recipe": recipe.to_dict(),
        "corpus": source.corpus,
        "parameters": count_parameters(model),
        "epochs": len(result.epochs),
        "best_epoch": int(result.best["epoch"]),
        "seconds": round(result.seconds, 1),
    }


def _validation_metrics(result: RunResult) -> dict[str, Any]:
    return {
        "part": "validation",
        "level": "pair",
        "war": result.best["val_accuracy"],
        "uar": result.best["val_uar"],
        "majority_war": result.majority.war,
        "majority_uar": result.majority.uar,
    }


@contextmanager
def _honest_exit() -> Iterator[None]:
    """Let a stopped run look stopped.

    On Ctrl-C Lightning ends the process, deaf to the next Ctrl-C: make it a KeyboardInterrupt again. On
    SIGTERM it ends the process with code 0, as if all were done: end with 143, as other programs do.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SIGTERMException as stop:
        raise SystemExit(128 + signal.SIGTERM) from stop
    except SystemExit as stop:
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from stop


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Keep Lightning's notes on hardware and products off the terminal; its warnings still come through."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Lightning 2.6 with torch 2.13: its own use of a class that torch is giving up
            warnings.filterwarnings("ignore", message=r".*LeafSpec", category=FutureWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
