"""Prepare a corpus into a dataset folder: recognise its layout, then prepare its videos or photographs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path

from ferfusion.corpora.catalogue import CORPORA, STILLS_CORPORA
from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.entries import CorpusListing, encodable_listing
from ferfusion.corpora.folder import list_folder
from ferfusion.corpora.label_words import parse_label_map, with_labels, with_labels_of_stills
from ferfusion.corpora.overlaps import without_overlaps
from ferfusion.corpora.path_pattern import PathPattern
from ferfusion.corpora.people_columns import people_sentence, with_people
from ferfusion.corpora.recognise import recognise
from ferfusion.corpora.same_person import likely_same, with_one_spelling, without_repeated_files
from ferfusion.corpora.stills import has_photographs_only, without_photographs
from ferfusion.corpora.votes import with_votes_file
from ferfusion.encodings import NOT_UTF_8
from ferfusion.engines import ENGINES
from ferfusion.errors import ConfigError, DatasetError
from ferfusion.faces.model_file import model_sha256
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.label_set import parse_labels
from ferfusion.lookup import choose
from ferfusion.outputs import only_writer
from ferfusion.preparation.clip_hashes import record_clips
from ferfusion.preparation.dataset import SUBFOLDERS, Dataset, DatasetFiles, open_dataset
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.identity import record_identity
from ferfusion.preparation.photographs import prepare_photographs
from ferfusion.preparation.reasons import count_reasons
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.preparation.videos import prepare_videos
from ferfusion.progress import OnProgress, ignore_progress, report_message

_MOST_REASONS = 3


def prepare_corpus(
    root: Path,
    dataset: Path,
    *,
    corpus: str = "auto",
    labels: str | Sequence[str] = "six",
    columns: str | Mapping[str, str] | None = None,
    label_map: str | PathLike[str] | Mapping[str, str] | None = None,
    pattern: str | None = None,
    recipe: PrepareRecipe = PrepareRecipe(),  # noqa: B008 frozen
    detector_model: Path | None = None,
    images: bool = True,
    actions: str = "",
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
        labels: Classes to keep: six, seven, table, or names (see ``parse_labels``).
        columns: Names of the columns of a table by field (see ``parse_columns``).
        label_map: Class of each word (see ``parse_label_map``).
        pattern: Where label and subject stand in the paths of a table or a folder (see ``PathPattern``).
        recipe: Settings of preparation.
        detector_model: Model file of the detector, for one that comes without.
        images: Also write every kept pair as two PNG files.
        actions: Estimator of facial actions, a name of ``ACTION_ESTIMATORS``: the clips also keep the facial
            actions and the head pose of every frame.
        engine: How the jobs are run, a name of ``ENGINES``.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster to run on, for the engine ray.
        on_progress: Called after every video, and with messages.

    Raises:
        CorpusError: the corpus is not there, or is not recognised.
        ConfigError: a name is not known, the detector or the estimator of actions cannot be made, or actions
            are wanted of photographs.
        DatasetError: the folder holds something else, or nothing of the corpus can be used.
        FileError: another process writes the folder, or a file cannot be written, such as on a full disk.
    """
    wanted = parse_labels(labels)
    class_of_word = parse_label_map(label_map)
    if corpus == "auto":
        found = recognise(root, columns=columns, pattern=pattern)
        report_message(on_progress, f"Recognised the corpus {found.corpus}: {found.evidence}")
        corpus = found.corpus
    if corpus in STILLS_CORPORA:
        _refuse_actions(actions)
    official = OFFICIAL_MODELS.get(recipe.detector)
    if detector_model is None and official and official.is_cached and not recipe.detector_sha256:
        detector_model = official.path
    if detector_model is not None and not recipe.detector_sha256:
        recipe = replace(recipe, detector_sha256=model_sha256(detector_model))
    # an error of the recipe is raised before anything is written
    FramePreparer(recipe, detector_model=detector_model, actions=actions)
    choose(dict.fromkeys((*CORPORA, *STILLS_CORPORA)), corpus, what="corpus")
    run_engine = choose(ENGINES, engine, what="engine")
    with only_writer(dataset, subfolders=SUBFOLDERS):
        if corpus in STILLS_CORPORA:
            stills_listing, label_set = with_labels_of_stills(
                STILLS_CORPORA[corpus](root), wanted, label_map=class_of_word
            )
            prepare_stills(stills_listing, dataset, labels=label_set, recipe=recipe)
            return _recorded(dataset)
        listing = encodable_listing(_listing(corpus, root, columns=columns, pattern=pattern))
        listing = with_votes_file(listing, root, label_map=class_of_word)
        listing, label_set, labels_taken = with_labels(listing, root, wanted, label_map=class_of_word)
        listing, shared_frames = without_overlaps(without_repeated_files(listing, root), root)
        listing, spellings = with_one_spelling(listing)
        for sentence in _sentences(listing, *labels_taken, shared_frames, spellings):
            report_message(on_progress, sentence)
        stills = has_photographs_only(listing)
        if stills:
            _refuse_actions(actions)
        prepare = prepare_photographs if stills else partial(prepare_videos, images=images, actions=actions)
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
        return _recorded(dataset, notes=listing.notes)


def _refuse_actions(actions: str) -> None:
    if actions:
        raise ConfigError(
            "Datasets of photographs have no facial actions; drop actions, or use predict with actions"
        )


def _sentences(listing: CorpusListing, *taken: str) -> list[str]:
    """Return what the user should know of a listing; ``taken`` is what was changed in it."""
    return list(filter(None, (*listing.notes, *taken, likely_same(listing), people_sentence(listing))))


def _listing(
    corpus: str, root: Path, *, columns: str | Mapping[str, str] | None, pattern: str | None
) -> CorpusListing:
    """Return the rows of a corpus.

    Raises:
        CorpusError: the corpus is not there.
        ConfigError: it is a known corpus, which has neither columns nor a pattern.
    """
    paths = None if pattern is None else PathPattern(pattern)
    if corpus == "csv":
        return list_csv(root, columns=columns, pattern=paths)
    if columns is None and corpus == "folder":
        return with_people(list_folder(root, pattern=paths), root)
    if columns is not None or paths is not None:
        raise ConfigError(f"columns are of a table, and a pattern is of a table or folder, not of {corpus}")
    return with_people(CORPORA[corpus](root), root)


def _why_nothing(dataset: Dataset, notes: Sequence[str]) -> str:
    reasons = [
        f"{row.rows:,} {row.status} ({row.reason})"
        for row in count_reasons(dataset.videos).head(_MOST_REASONS).itertuples()
    ]
    found = "; ".join(reasons) or "it has no row"
    encodings = [note for note in notes if NOT_UTF_8 in note]
    return ". ".join(
        (f"Nothing of the corpus can be used, so {dataset.root} has no pair: {found}", *encodings)
    )


def _recorded(dataset: Path, *, notes: Sequence[str] = ()) -> Dataset:
    """Record the clips and the identity of a complete dataset, and return it."""
    files = DatasetFiles(dataset)
    clips = {path.stem: path for path in sorted(files.clips_folder.glob("*.safetensors"))}
    record_clips(files.root, clips, rows_of={clip: files.rows_file(clip) for clip in clips})
    prepared = open_dataset(dataset)
    if prepared.pairs.empty:
        raise DatasetError(_why_nothing(prepared, notes))
    record_identity(prepared)
    return prepared
