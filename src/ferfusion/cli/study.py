"""``ferfusion study``: which variant is better, and whether it really is."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from ferfusion.cli.progress import console, progress_bar
from ferfusion.engines import ENGINES, Engine
from ferfusion.lookup import choose
from ferfusion.models.config import ModelConfig
from ferfusion.study.audit import sentences
from ferfusion.study.plan import StudyPlan
from ferfusion.study.report import finish_study
from ferfusion.study.run import Study, TrainingJob, open_study
from ferfusion.training.recipe import TrainRecipe


def study(
    dataset: Path,
    folder: Path,
    *,
    plan: Annotated[StudyPlan, Parameter(name="*")] = StudyPlan(),  # noqa: B008 frozen
    model: Annotated[ModelConfig, Parameter(name="*")] = ModelConfig(),  # noqa: B008 frozen
    recipe: Annotated[TrainRecipe, Parameter(name="*")] = TrainRecipe(),  # noqa: B008 frozen
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """Train variants with several seeds, compare them with honest statistics, and write a report.

    Run the same line again after an interruption: only what is unfinished is trained. Of variants that are
    the same function, one is trained and stands for all.

    Args:
        dataset: Dataset folder, prepared and split.
        folder: Study folder to write: runs, tables, report.
        plan: What is compared, how often, and on which division of the subjects.
        model: Network settings that all variants share.
        recipe: Training settings that all variants share; seed is set by the study.
        engine: How the trainings are shared out: pool (several processes), here (this process) or ray.
        workers: Number of trainings at a time; the number of processors where not given.
        address: Ray cluster to run on, for the engine ray; without it, Ray is started on this machine.
    """
    run_engine = choose(ENGINES, engine, what="engine")
    workers = 1 if engine == "here" else workers or os.cpu_count() or 1
    work = open_study(dataset, folder, plan, model=model, recipe=recipe)
    for sentence in sentences(work.same):
        console.print(f"Before spending time: {escape(sentence)}", style="yellow", highlight=False)
    work.begin()
    jobs = work.jobs(workers=workers)
    left = [job for job in jobs if not job.is_done]
    console.print(
        f"{len(work.variants)} variants ({len(work.trained)} functions), "
        f"{plan.seeds} {'seed' if plan.seeds == 1 else 'seeds'}, "
        f"{len(work.splits)} division(s) of the subjects: "
        f"{len(jobs)} trainings, {len(jobs) - len(left)} of them done."
    )
    _train(work, left, engine=run_engine, workers=workers, address=address)
    page = finish_study(work)
    console.print(f"Report: {escape(str(page))}", soft_wrap=True)


def _train(
    work: Study, jobs: list[TrainingJob], *, engine: Engine, workers: int, address: str | None
) -> None:
    spent = 0.0
    with progress_bar("trainings") as bar:
        task = bar.add_task("Training", total=len(jobs))
        for done, cost in enumerate(work.run(engine, jobs, workers=workers, address=address), start=1):
            spent += cost.minutes
            still = spent / done * (len(jobs) - done) / workers
            bar.update(
                task, advance=1, description=f"{cost.name} {cost.minutes:.1f} min, {still:.0f} min left"
            )
