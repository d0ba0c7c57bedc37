"""One training, from a prepared dataset to a run folder; the same call resumes a stopped run."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import RLock

import pandas as pd
from lightning.pytorch import Callback

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.compute import Compute
from ferfusion.evaluation.model_calibration import fit_calibration
from ferfusion.evaluation.model_scores import BundleMetrics
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_files import write_votes_and_people
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.scoring import score
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.outputs import only_writer
from ferfusion.parts import Part
from ferfusion.preparation.dataset import open_dataset
from ferfusion.progress import OnProgress, ignore_progress, report_message
from ferfusion.reporting.disk import folder_bytes, refuse_too_little
from ferfusion.splits.kept_split import keep_split, read_kept_split
from ferfusion.splits.learned_clips import learned_clips
from ferfusion.splits.split import parts_hash, split_header
from ferfusion.tables import write_table
from ferfusion.training.build import read_parts
from ferfusion.training.job import TrainJob, treated_config
from ferfusion.training.open_job import OpenJob
from ferfusion.training.predictions import prediction_table
from ferfusion.training.procedures import Procedure, procedure_of
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run_config import claim_run, recipe_to_pass_on, run_config, start_hashes
from ferfusion.training.run_size import least_run_bytes, lines_before

NO_RIGHTS = (
    "No licence was stated. Rights in the training data may bind whoever uses or passes on this model."
)

_ONE_AT_A_TIME = RLock()
"""One training of a process runs at a time, because each uses all threads of the CPU."""


def train_run(
    dataset: Path,
    run: Path,
    *,
    model_config: ModelConfig,
    recipe: TrainRecipe,
    rights: str = NO_RIGHTS,
    compute: Compute = Compute(),  # noqa: B008 frozen
    splits: Path | None = None,
    retrain_changed: bool = False,
    callbacks: Sequence[Callback] = (),
    announce: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> RunFolder:
    """Train a model on a prepared and split dataset into a run folder, and return the finished run.

    The best epoch on the validation part is kept. The test part chooses nothing: it is read once, for the
    prediction table. Called again on a stopped run, this resumes after its last whole epoch and ends with
    the same weights as an uninterrupted run. Called on a finished run, it changes nothing, unless the recipe
    has more epochs.

    Args:
        dataset: A dataset folder.
        run: The folder to write.
        model_config: Settings of the model.
        recipe: Settings of the training.
        rights: Licence and rights, for the bundle.
        compute: Where and how it is computed.
        splits: The split table, with its header beside it; None is the dataset's ``splits.csv``.
        retrain_changed: Whether a run whose dataset has changed since is begun again.
        callbacks: Further Lightning callbacks.
        announce: Whether the disk space and a schedule that is cut short are reported before the training.
        on_progress: Called with the progress of the training, and with a line for every epoch.

    Raises:
        DatasetError: the dataset or its split cannot be used, or changed since the run began.
        ConfigError: the folder holds a run of other settings, or the settings do not fit the dataset.
        RunError: a file of the run is missing or damaged, or the loss is no longer a finite number.
        BundleError: the bundle to start from cannot be read.
        FileError: another process writes the folder, the disk has too little space, or a file cannot be
            written.
    """
    with _ONE_AT_A_TIME, only_writer(run, subfolders=("checkpoints",)):
        return _train_run(
            TrainJob(dataset, run, treated_config(model_config, recipe), recipe, compute, splits),
            rights=rights,
            retrain_changed=retrain_changed,
            callbacks=callbacks,
            announce=announce,
            on_progress=on_progress,
        )


def _train_run(
    job: TrainJob,
    *,
    rights: str,
    retrain_changed: bool,
    callbacks: Sequence[Callback],
    announce: bool,
    on_progress: OnProgress,
) -> RunFolder:
    run = RunFolder(job.run)
    procedure = procedure_of(job.model_config, job.recipe)
    source = open_dataset(job.dataset)
    if run.config_file.is_file() and run.has_begun and not retrain_changed:
        # before the parts, which a dataset that was split again has others of: what has changed is named
        read_kept_split(run.splits_file, source)
    pairs = read_parts(job, source)
    config = run_config(source, pairs, job.model_config, job.recipe)
    if not run.is_finished:  # before anything is written
        least = least_run_bytes(job.model_config, job.recipe, classes=len(source.labels))
        refuse_too_little(least, "the run", folder=run.path, existing=folder_bytes(run.path))
    if not claim_run(run, config, source, retrain_changed=retrain_changed):
        keep_split(run.splits_file, source, pairs.part_of_clip, header=split_header(source, job.splits))
    if run.is_finished:
        report_message(on_progress, f"{run.path} is finished; to train again, name another folder")
        return read_run(run.path)
    if announce:
        for line in lines_before(job, source):
            report_message(on_progress, line)
    train_stage = partial(
        train_run,
        job.dataset,
        rights=rights,
        compute=job.compute,
        splits=job.splits,
        retrain_changed=retrain_changed,
        callbacks=callbacks,
        on_progress=on_progress,
    )
    opened = OpenJob(job, source, pairs, train_stage, callbacks, on_progress)
    model = procedure.train(opened)
    predictions = _write_predictions(opened, procedure, model.to(opened.data.device))
    write_votes_and_people(run.path, predictions, votes=source.votes, subjects=source.subjects)
    finished = read_run(run.path)
    # last, because its presence is what makes a run finished
    save_bundle(run.bundle_file, _bundle(opened, model, finished, predictions, rights=rights))
    return finished


def _write_predictions(opened: OpenJob, procedure: Procedure, model: ExpressionModel) -> pd.DataFrame:
    """Write the prediction tables of the validation and test parts, and return both as one."""
    pairs, run, tables = opened.pairs, opened.run, []
    files: dict[Part, Path] = {"validation": run.validation_predictions_file, "test": run.predictions_file}
    for part, file in files.items():
        rows, probabilities = procedure.predict(model, opened.data.batches(part), pairs, part=part)
        tables.append(prediction_table(pairs, rows, probabilities, part=part))
        write_table(file, tables[-1])
    return pd.concat(tables)


def _bundle(
    opened: OpenJob, model: ExpressionModel, run: RunFolder, predictions: pd.DataFrame, *, rights: str
) -> Bundle:
    """Return the bundle of a finished run; ``predictions`` has all digits, the file in the folder six."""
    job, source, best = opened.job, opened.source, run.best
    baseline = run.baseline("validation")
    validation = predictions[predictions["part"] == "validation"]
    metrics: BundleMetrics = {
        "part": "validation",
        "level": "pair",
        "war": float(best["val_accuracy"]),
        "uar": float(best["val_uar"]),
        "majority_war": baseline.war,
        "majority_uar": baseline.uar,
    }
    if not validation.empty:
        scores = score(
            validation,
            labels=source.labels,
            part="validation",
            level="pair",
            majority_code=run.majority_code,
            recipe=EvaluateRecipe(),
        )
        metrics["people"] = scores.subjects
        if scores.uar.has_interval:
            metrics |= {"uar_low": scores.uar.interval.low, "uar_high": scores.uar.interval.high}
    # predictions of whole videos do not calibrate the probabilities of single pairs
    if not run.predicts_videos and not validation.empty:
        metrics["calibration"] = fit_calibration(validation, source.labels).to_dict()
    return Bundle(
        weights=model.cpu().state_dict(),
        model_config=job.model_config,
        labels=source.labels,
        prepare_recipe=source.recipe,
        training={
            "recipe": recipe_to_pass_on(job.recipe),
            "start": start_hashes(job.recipe),
            "corpus": source.corpus,
            **({"actions": source.actions} if job.model_config.reads_actions else {}),
            "split_hash": parts_hash(opened.pairs.part_of_clip),
            "dataset_identity": run.identity,
            "learned_clips": learned_clips(source, opened.pairs.part_of_clip),
            "class_counts": opened.pairs.class_counts("train"),
            "parameters": count_parameters(model),
            "epochs": len(run.epochs),
            "best_epoch": run.best_epoch,
            "seconds": round(run.seconds, 1),
        },
        metrics=metrics,
        rights=rights,
    )
