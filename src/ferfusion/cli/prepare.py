"""``ferfusion prepare``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from ferfusion.cli.progress import console, progress_bar
from ferfusion.corpora.catalogue import CORPORA, STILLS_CORPORA
from ferfusion.corpora.recognise import recognise
from ferfusion.engines import ENGINES, Engine
from ferfusion.faces.model_file import name_model
from ferfusion.labels import LABEL_SETS
from ferfusion.lookup import choose
from ferfusion.prepare.clip import FramePreparer
from ferfusion.prepare.pipeline import Preparation
from ferfusion.prepare.recipe import PrepareRecipe
from ferfusion.prepare.stills import prepare_stills

_DEFAULT_RECIPE = PrepareRecipe()


def prepare(
    root: Path,
    dataset: Path,
    *,
    corpus: str = "auto",
    labels: str = "six",
    recipe: Annotated[PrepareRecipe, Parameter(name="*")] = _DEFAULT_RECIPE,
    detector_model: Path | None = None,
    images: bool = True,
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """Cut the faces out of a corpus of labelled videos and compute their optical flow.

    Run the same line again after an interruption: only what is unfinished is done.

    Args:
        root: Folder of the corpus (for the csv corpus: its CSV file, or the folder it is in).
        dataset: Dataset folder to write.
        corpus: How the corpus lies on disk; auto recognises it by its files (see docs/corpora.md).
        labels: Classes to keep: six, or seven with Neutral.
        recipe: Settings of preparation.
        detector_model: Model file of the detector yunet.
        images: Also write every kept pair as two PNG files, for people to look at.
        engine: How the videos are shared out: pool (several processes), here (this process) or ray.
        workers: Number of processes; the number of processors where not given.
        address: Ray cluster to run on, for the engine ray; without it, Ray is started on this machine.
    """
    if corpus == "auto":
        found = recognise(root)
        console.print(f"Recognised the corpus [bold]{found.corpus}[/]: {found.evidence}", highlight=False)
        corpus = found.corpus
    if detector_model is not None:
        recipe = replace(recipe, detector_sha256=name_model(detector_model))
    FramePreparer(recipe)  # what cannot be made ends the run before anything is written
    label_set = choose(LABEL_SETS, labels, what="label set")
    choose(dict.fromkeys((*CORPORA, *STILLS_CORPORA)), corpus, what="corpus")
    if corpus in STILLS_CORPORA:
        counts = prepare_stills(STILLS_CORPORA[corpus](root), dataset, labels=label_set, recipe=recipe)
    else:
        work = Preparation(CORPORA[corpus](root), root, dataset, label_set, recipe, images)
        counts = _prepare_videos(
            work, choose(ENGINES, engine, what="engine"), workers=workers, address=address
        )
    _print_counts(dataset, counts)


def _prepare_videos(
    work: Preparation, run_engine: Engine, *, workers: int | None, address: str | None
) -> dict[str, Any]:
    """Prepare what is not done yet, and return the counts of the dataset."""
    work.begin()
    jobs = work.unfinished()
    if len(jobs) < len(work.jobs):
        console.print(f"{len(work.jobs) - len(jobs)} of {len(work.jobs)} videos are prepared already.")
    with progress_bar("videos") as bar:
        task = bar.add_task("Preparing", total=len(jobs))
        for video_id in work.run(run_engine, jobs, workers=workers, address=address):
            bar.update(task, advance=1, description=f"Preparing [dim]{video_id}[/]")
        bar.update(task, description="Preparing")
    return work.finish()


def _print_counts(dataset: Path, counts: dict[str, Any]) -> None:
    table = Table(title=f"Dataset {dataset}", title_justify="left", show_header=False)
    for name in ("videos_by_status", "frames_by_status", "pairs_by_class"):
        if name in counts:
            label = name.replace("_by_", " by ")
            table.add_row(label, ", ".join(f"{key} {value}" for key, value in counts[name].items()))
    table.add_row("subjects", str(counts.get("subjects", "not known")))
    table.add_row("kept pairs", str(counts["pairs"]))
    console.print(table)
    lost = counts["videos"] - counts["videos_by_status"].get("ok", 0)
    if lost:
        console.print(f"{lost} rows of videos.csv are not used; the column reason says why.")
