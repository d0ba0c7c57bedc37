"""Run a study: find equivalent variants, run the unfinished trainings, write the report."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ferfusion.compute import Compute
from ferfusion.engines import ENGINES
from ferfusion.lookup import choose
from ferfusion.models.config import ModelConfig
from ferfusion.outputs import only_writer
from ferfusion.progress import OnProgress, Progress, ignore_progress, report_message
from ferfusion.reporting.disk import estimate_line, folder_bytes, measured_line, refuse_too_little
from ferfusion.reporting.words import counted, listed
from ferfusion.studies.cross_page import finish_cross_study
from ferfusion.studies.cross_study import CrossStudy, open_cross_study
from ferfusion.studies.equivalent_variants import equivalence_lines
from ferfusion.studies.plan import StudyPlan
from ferfusion.studies.study import Study, TrainingJob, open_study
from ferfusion.studies.study_page import finish_study
from ferfusion.training.optim.schedule_length import schedule_caution
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run_size import least_run_bytes, run_bytes


def run_study(
    dataset: Path | Sequence[Path],
    folder: Path,
    *,
    plan: StudyPlan,
    model: ModelConfig,
    recipe: TrainRecipe,
    compute: Compute = Compute(),  # noqa: B008 frozen
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
    retrain_changed: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> Path:
    """Run a study in a folder and return its page; finished trainings of an earlier call are kept.

    Args:
        dataset: Dataset folder, prepared and split; several, for a study across corpora, need no split.
        folder: Study folder to write.
        plan: The variants, the seeds and the folds.
        model: Network settings that all variants share.
        recipe: Training settings that all variants share; seed is set by the study.
        compute: Where and how each training is computed.
        engine: What runs the trainings, a name of ``ENGINES``.
        workers: Number of trainings at a time; by default, the number of processors.
        address: Ray cluster, for the engine ray.
        retrain_changed: Whether all is trained again if the dataset has changed since the study began.
        on_progress: Called after every training, and with messages.

    Raises:
        DatasetError: the dataset cannot be opened, has changed since the study began, or is not split and the
            plan has no folds.
        ConfigError: a variant is wrong, or the folder holds another study.
        FileError: another process writes the folder, the disk has too little space, or a file cannot be
            written.
    """
    run_engine = choose(ENGINES, engine, what="engine")
    workers = 1 if engine == "here" else workers or os.cpu_count() or 1
    if isinstance(dataset, Path):
        work = open_study(dataset, folder, plan, model=model, recipe=recipe)
    else:
        work = open_cross_study(dataset, folder, plan, model=model, recipe=recipe)
    work.dataset.check_votes_and_people()
    with only_writer(folder, subfolders=("splits", "data")):
        jobs = work.jobs(workers=workers, compute=compute)
        _check_space(work, [job for job in jobs if not job.is_done])  # before anything is written
        work.begin(retrain_changed=retrain_changed)
        left = [job for job in jobs if not job.is_done]
        for sentence in equivalence_lines(work.equivalences):
            report_message(on_progress, f"Before the training: {sentence}")
        for line in (plan_line(work, done=len(jobs) - len(left)), *_before(work, left)):
            report_message(on_progress, line)
        costs = work.run(run_engine, left, workers=workers, address=address)
        for number, cost in enumerate(costs, start=1):
            name = f"{cost.name}, {cost.minutes:.1f} minutes"
            on_progress(Progress("Training", name, number, len(left), "trainings"))
        page = finish_cross_study(work) if isinstance(work, CrossStudy) else finish_study(work)
        report_message(on_progress, measured_line(folder))
        return page


def plan_line(work: Study, *, done: int) -> str:
    """Return the size of a study: its variants, seeds, divisions and trainings."""
    functions = (
        "" if len(work.trained) == len(work.variants) else f" ({counted(len(work.trained), 'function')})"
    )
    return (
        f"{counted(len(work.variants), 'variant')}{functions}, {counted(work.plan.seeds, 'seed')}, "
        f"{counted(len(work.splits), 'division')} of the subjects: "
        f"{counted(len(work.trainings), 'training')}, {done} of them done."
    )


def _check_space(work: Study, left: Sequence[TrainingJob]) -> None:
    """Refuse trainings that cannot fit on the disk.

    Raises:
        FileError: there is too little space.
    """
    sizes = {
        each.name: least_run_bytes(each.model, each.recipe, classes=len(work.dataset.labels))
        for each in work.trained
    }
    missing = [max(0, sizes[job.training.variant.name] - folder_bytes(job.run)) for job in left]
    if left:
        refuse_too_little(sum(missing), counted(len(left), "training"), folder=work.folder)


def _before(work: Study, left: Sequence[TrainingJob]) -> Iterator[str]:
    """Yield what to know before the trainings: their disk space, and schedules that are cut short."""
    data = work.dataset
    sizes = {
        each.name: run_bytes(each.model, each.recipe, classes=len(data.labels), pairs=len(data.pairs))
        for each in work.trained
    }
    if left:
        total = sum(sizes[job.training.variant.name] for job in left)
        yield estimate_line(total, counted(len(left), "training"), folder=work.folder)
    names: dict[str, list[str]] = {}
    for each in work.trained:
        names.setdefault(schedule_caution(each.recipe, epochs=each.recipe.epochs), []).append(each.name)
    for caution, variants in names.items():
        if caution:
            yield caution if len(names) == 1 else f"{listed(variants)}: {caution}"
