"""Prepare a corpus into a dataset folder: recognise it, cut its faces, write its tables."""

from dataclasses import replace
from pathlib import Path

from ferfusion.corpora.catalogue import CORPORA, STILLS_CORPORA
from ferfusion.corpora.recognise import recognise
from ferfusion.engines import ENGINES
from ferfusion.faces.model_file import model_sha256
from ferfusion.labels import LABEL_SETS
from ferfusion.lookup import choose
from ferfusion.preparation.dataset import Dataset, open_dataset
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.pipeline import Preparation
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.progress import OnProgress, Progress, ignore_progress, say


def prepare_corpus(
    root: Path,
    dataset: Path,
    *,
    corpus: str = "auto",
    labels: str = "six",
    recipe: PrepareRecipe = PrepareRecipe(),  # noqa: B008 frozen
    detector_model: Path | None = None,
    images: bool = True,
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Dataset:
    """Prepare a corpus, and return the dataset; what an earlier call has done is not done again.

    Args:
        root: Folder of the corpus, or its file.
        dataset: Dataset folder to write.
        corpus: How the corpus lies on disk, a name of ``CORPORA`` or ``STILLS_CORPORA``; auto recognises it.
        labels: Classes to keep, a name of ``LABEL_SETS``.
        recipe: Settings of preparation.
        detector_model: Model file of the detector, for one that comes without.
        images: Also write every kept pair as two PNG files.
        engine: How the videos are shared out, a name of ``ENGINES``.
        workers: Number of processes; the number of processors where not given.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every video, and with what is worth a line.

    Raises:
        CorpusError: the corpus is not there, or is not recognised.
        ConfigError: a name is not known, or the detector cannot be made.
        DatasetError: the folder holds something else, or the disk is full.
    """
    if corpus == "auto":
        found = recognise(root)
        say(on_progress, f"Recognised the corpus {found.corpus}: {found.evidence}")
        corpus = found.corpus
    if detector_model is not None:
        recipe = replace(recipe, detector_sha256=model_sha256(detector_model))
    # what cannot be made ends the run before anything is written
    FramePreparer(recipe, detector_model=detector_model)
    label_set = choose(LABEL_SETS, labels, what="label set")
    choose(dict.fromkeys((*CORPORA, *STILLS_CORPORA)), corpus, what="corpus")
    run_engine = choose(ENGINES, engine, what="engine")
    if corpus in STILLS_CORPORA:
        prepare_stills(STILLS_CORPORA[corpus](root), dataset, labels=label_set, recipe=recipe)
        return open_dataset(dataset)
    work = Preparation(CORPORA[corpus](root), root, dataset, label_set, recipe, images, detector_model)
    work.claim()
    jobs = work.unfinished()
    if jobs:
        work.begin()
    if len(jobs) < len(work.jobs):
        say(on_progress, f"{len(work.jobs) - len(jobs)} of {len(work.jobs)} videos are prepared already.")
    done = work.run(run_engine, jobs, workers=workers, address=address)
    for number, video_id in enumerate(done, start=1):
        on_progress(Progress("Preparing", video_id, number, len(jobs), "videos"))
    work.finish()
    return open_dataset(dataset)
