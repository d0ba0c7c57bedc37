"""Prepare a corpus into a dataset folder: recognise its layout, then prepare its videos or photographs."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from ferfusion.corpora.catalogue import CORPORA, STILLS_CORPORA
from ferfusion.corpora.recognise import recognise
from ferfusion.corpora.same_person import with_one_spelling, without_repeated_files
from ferfusion.corpora.stills import has_photographs_only, without_photographs
from ferfusion.engines import ENGINES
from ferfusion.faces.model_file import model_sha256
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.labels import LABEL_SETS
from ferfusion.lookup import choose
from ferfusion.outputs import only_writer
from ferfusion.preparation.clip_hashes import record_clips
from ferfusion.preparation.dataset import SUBFOLDERS, Dataset, DatasetFiles, open_dataset
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.photographs import prepare_photographs
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.preparation.videos import prepare_videos
from ferfusion.progress import OnProgress, ignore_progress, report_message


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
    """Prepare a corpus, and return the dataset; a second call resumes and prepares only what is unfinished.

    Args:
        root: Folder of the corpus, or its file.
        dataset: Dataset folder to write.
        corpus: Layout of the corpus, a name of ``CORPORA`` or ``STILLS_CORPORA``; auto recognises it.
        labels: Classes to keep, a name of ``LABEL_SETS``.
        recipe: Settings of preparation.
        detector_model: Model file of the detector, for one that comes without.
        images: Also write every kept pair as two PNG files.
        engine: How the jobs are run, a name of ``ENGINES``.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every video, and with messages.

    Raises:
        CorpusError: the corpus is not there, or is not recognised.
        ConfigError: a name is not known, or the detector cannot be made.
        DatasetError: the folder holds something else.
        FileError: another process writes the folder, or a file cannot be written, such as on a full disk.
    """
    if corpus == "auto":
        found = recognise(root)
        report_message(on_progress, f"Recognised the corpus {found.corpus}: {found.evidence}")
        corpus = found.corpus
    official = OFFICIAL_MODELS.get(recipe.detector)
    if detector_model is None and official and official.is_cached and not recipe.detector_sha256:
        detector_model = official.path
    if detector_model is not None:
        recipe = replace(recipe, detector_sha256=model_sha256(detector_model))
    # an error of the recipe is raised before anything is written
    FramePreparer(recipe, detector_model=detector_model)
    label_set = choose(LABEL_SETS, labels, what="label set")
    choose(dict.fromkeys((*CORPORA, *STILLS_CORPORA)), corpus, what="corpus")
    run_engine = choose(ENGINES, engine, what="engine")
    with only_writer(dataset, subfolders=SUBFOLDERS):
        if corpus in STILLS_CORPORA:
            prepare_stills(STILLS_CORPORA[corpus](root), dataset, labels=label_set, recipe=recipe)
            _record_clips(DatasetFiles(dataset))
            return open_dataset(dataset)
        listing, spellings = with_one_spelling(without_repeated_files(CORPORA[corpus](root), root))
        if spellings:
            report_message(on_progress, spellings)
        stills = has_photographs_only(listing)
        prepare = prepare_photographs if stills else partial(prepare_videos, images=images)
        prepare(
            listing if stills else without_photographs(listing, root),
            root,
            dataset,
            labels=label_set,
            recipe=recipe,
            detector_model=detector_model,
            engine=run_engine,
            workers=workers,
            address=address,
            on_progress=on_progress,
        )
        _record_clips(DatasetFiles(dataset))
        return open_dataset(dataset)


def _record_clips(files: DatasetFiles) -> None:
    clips = {path.stem: path for path in sorted(files.clips_folder.glob("*.safetensors"))}
    record_clips(files.root, clips, rows_of={clip: files.rows_file(clip) for clip in clips})
