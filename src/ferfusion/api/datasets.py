"""Datasets: crops and flow of labelled videos, divided into parts that share no people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.models import Model, load_model
from ferfusion.api.settings import PathOrText, as_folder, as_path, check_workers, with_settings
from ferfusion.errors import ConfigError, file_errors
from ferfusion.files import check_output_folder
from ferfusion.parts import PARTS
from ferfusion.preparation.recipe import KEPT_PAIRS, PrepareRecipe
from ferfusion.progress import Progress, ShowProgress, report_message, shown
from ferfusion.reporting.disk import measured_line
from ferfusion.reporting.words import counted
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.synthesis.recipe import SynthesisRecipe

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ferfusion.label_set import LabelSet
    from ferfusion.preparation.dataset import Dataset as DatasetFolder


@dataclass(frozen=True, init=False, repr=False)
class Dataset:
    """A dataset folder that ``prepare`` has written.

    Attributes:
        folder: Its path.

    Raises:
        DatasetError: the folder is no dataset, is unfinished, or was written by another version.

    >>> data = fer.Dataset("data")
    >>> data
    Dataset('data': 216 videos, 18 subjects, 3,456 pairs, 6 classes, crops of 48 px)
    >>> sorted(data.videos["emotion"].unique())[:3]
    ['Anger', 'Disgust', 'Fear']
    """

    folder: Path

    @file_errors()
    def __init__(self, folder: PathOrText) -> None:
        object.__setattr__(self, "folder", as_path(folder))
        self._opened  # noqa: B018 a wrong folder fails here

    @cached_property
    def _opened(self) -> "DatasetFolder":
        from ferfusion.preparation.dataset import open_dataset  # noqa: PLC0415 pandas

        return open_dataset(self.folder)

    @property
    def recipe(self) -> PrepareRecipe:
        """How the videos were prepared."""
        return self._opened.recipe

    @property
    def labels(self) -> "LabelSet":
        """The classes, in the order of their codes."""
        return self._opened.labels

    @property
    def corpus(self) -> str:
        """Name of the corpus layout."""
        return self._opened.corpus

    @property
    def counts(self) -> dict[str, Any]:
        """Numbers of videos, frames and pairs, by status and by class."""
        return self._opened.counts

    @property
    def stills(self) -> bool:
        """Whether it has single images and no flow."""
        return self._opened.stills

    @property
    def pairs(self) -> "pd.DataFrame":
        """A row per kept pair of crop and flow (``data.csv``)."""
        return self._opened.pairs.copy(deep=False)

    @property
    def videos(self) -> "pd.DataFrame":
        """A row per video, with the reason where it is not used (``videos.csv``)."""
        return self._opened.videos.copy(deep=False)

    @property
    def left_out(self) -> "pd.DataFrame":
        """Why rows of ``videos`` are not used: ``rows, status, reason, example``, a row per reason."""
        from ferfusion.preparation.reasons import count_reasons  # noqa: PLC0415 pandas

        return count_reasons(self._opened.videos)

    @property
    def frames(self) -> "pd.DataFrame":
        """A row per decoded frame, with its status (``frames.csv``)."""
        return self._opened.frames.copy(deep=False)

    @property
    def splits(self) -> "pd.DataFrame":
        """A row per clip, with its part.

        Raises:
            DatasetError: the dataset is not split, or the split does not fit it.
        """
        import pandas as pd  # noqa: PLC0415

        from ferfusion.splits.split import read_splits  # noqa: PLC0415 pandas

        parts = read_splits(self._opened)
        return pd.DataFrame({"clip": list(parts), "part": list(parts.values())})

    @property
    def split_cautions(self) -> list[str]:
        """Which parts of the split have too few people to say anything, and the command that is better.

        Raises:
            DatasetError: the dataset is not split, or the split does not fit it.
        """
        from ferfusion.splits.part_sizes import split_cautions  # noqa: PLC0415
        from ferfusion.splits.split import part_counts, read_splits  # noqa: PLC0415 pandas

        source = self._opened
        if source.stills and not source.people_known:
            return []
        return split_cautions(part_counts(source, read_splits(source)), dataset=str(self.folder))

    def split(self, *, recipe: SplitRecipe | None = None, **settings: Any) -> "pd.DataFrame":
        """Divide the dataset, as ``fer.split`` does."""
        return split(self, recipe=recipe, **settings)

    def plot(self) -> "Figure":
        """Draw the number of pairs of each class, for each part if the dataset is split."""
        from ferfusion.errors import DatasetError  # noqa: PLC0415
        from ferfusion.evaluation.plots import histogram_figure  # noqa: PLC0415 matplotlib

        pairs = self.pairs
        try:
            part_of_clip = self.splits.set_index("clip")["part"]
        except DatasetError:
            rows_of = {"all": pairs}
        else:
            parts = pairs["clip"].map(part_of_clip)
            rows_of = {part: pairs[parts == part] for part in PARTS}
        counts = {
            part: {name: int((rows["emotion"] == name).sum()) for name in self.labels.names}
            for part, rows in rows_of.items()
            if len(rows)
        }
        return histogram_figure(counts, self.labels)

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        pairs = self.pairs
        videos = (
            f"{counted(pairs['video'].nunique(), 'video')}, {counted(pairs['subject'].nunique(), 'subject')}"
        )
        rows = counted(len(pairs), "image") if self.stills else f"{videos}, {counted(len(pairs), 'pair')}"
        classes = f"{len(self.labels)} classes, crops of {self.recipe.size} px"
        return f"Dataset({str(self.folder)!r}: {rows}, {classes})"

    def _repr_html_(self) -> str:
        """Return a table of the pairs and videos of each class, for a notebook."""
        from ferfusion.api.tables import titled_table  # noqa: PLC0415 pandas

        table = self.pairs.groupby("emotion").agg(
            pairs=("clip", "size"), videos=("video", "nunique"), subjects=("subject", "nunique")
        )
        table = table.reindex(self.labels.names).fillna(0).astype(int)
        return titled_table(repr(self), table.reset_index())


@file_errors()
def prepare(
    root: PathOrText,
    dataset: PathOrText,
    *,
    corpus: str = "auto",
    labels: str | Sequence[str] | None = None,
    columns: str | Mapping[str, str] | None = None,
    label_map: str | Mapping[str, str] | None = None,
    pattern: str | None = None,
    for_model: Model | PathOrText | None = None,
    recipe: PrepareRecipe | None = None,
    detector_model: PathOrText | None = None,
    images: bool = True,
    actions: str = "",
    engine: str = "pool",
    workers: int | None = None,
    address: str | None = None,
    progress: ShowProgress = True,
    **settings: Any,
) -> Dataset:
    """Cut the faces out of labelled videos and photographs, and compute the optical flow of the videos.

    The same call resumes a preparation that was stopped: only unfinished videos are prepared.

    Args:
        root: Folder of the corpus, or the table that lists its videos.
        dataset: Dataset folder to write.
        corpus: Layout of the corpus; auto recognises it by its files (see docs/corpora.md).
        labels: Classes to keep: six, seven with Neutral, names such as Happiness,Anger,Sadness in your order,
            or table for the words of your table or folders as they are; by default, six, or those of the
            model.
        columns: Columns of your table, such as path=Datei,subject=Person,label=Emotion,start=von,end=bis, if
            they are not found by their names.
        label_map: Classes of words, such as joy=Happiness,angry=Anger, or a TOML or CSV file of them.
        pattern: Where subject and label stand in the paths, such as {subject}-s{session}/{label}-{take};
            other fields become columns of videos.csv.
        for_model: Model to measure on the dataset, for which it is prepared with the model's own settings: a
            run, a bundle, an ONNX file, or shipped, the model that comes with the package. Beside it, only
            segment_length and keep_every may be set: which pairs are kept does not change the model's input.
        recipe: Settings of preparation.
        detector_model: Model file of the detector yunet.
        images: Also write every kept pair as two PNG files, for people to look at.
        actions: Estimator of the 52 facial actions and the head pose that the clips also keep: small or
            face-landmarker (see docs/actions.md).
        engine: What prepares the videos: pool (several processes), here (this process) or ray.
        workers: Number of processes; by default, the number of processors.
        address: Ray cluster, for the engine ray; by default, Ray is started on this host.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``PrepareRecipe`` by name, such as ``size=64``.

    Returns:
        The dataset: crops (S, S, 3) uint8 RGB, flow (2, S, S) in crop pixels, a row for every decoded frame.

    Raises:
        CorpusError: the corpus is missing or not recognised.
        ConfigError: a setting cannot be used.
        DatasetError: the folder holds something else.
        FileError: another process writes the folder, or a file cannot be written, such as on a full disk.

    Source: the report, section 3.1; Viola & Jones 2001; Farneback 2003.

    >>> fer.prepare(fer.sample_corpus(), "data")
    Dataset('data': 216 videos, 18 subjects, 3,456 pairs, 6 classes, crops of 48 px)
    """
    from ferfusion.preparation.prepare_corpus import prepare_corpus  # noqa: PLC0415 OpenCV, pandas

    check_workers(workers)
    how = with_settings(PrepareRecipe, recipe, settings)
    if for_model is not None:
        how, labels = _of_model(for_model, how, labels)
    with shown(progress) as on_progress:
        prepare_corpus(
            as_path(root),
            as_folder(dataset),
            corpus=corpus,
            labels="six" if labels is None else labels,
            columns=columns,
            label_map=label_map,
            pattern=pattern,
            recipe=how,
            detector_model=None if detector_model is None else as_path(detector_model),
            images=images,
            actions=actions,
            engine=engine,
            workers=workers,
            address=address,
            on_progress=on_progress,
        )
        report_message(on_progress, measured_line(as_path(dataset)))
    return Dataset(dataset)


def _of_model(
    model: Model | PathOrText, given: PrepareRecipe, labels: str | Sequence[str] | None
) -> tuple[PrepareRecipe, str | Sequence[str]]:
    """Return the settings and the classes with which a dataset is prepared for a model.

    Raises:
        ConfigError: there are other settings beside the model's.
    """
    loaded = load_model(model, device="cpu")
    changed = [each.partition(" ")[0] for each in PrepareRecipe().differences(given)]
    if refused := [name for name in changed if name not in KEPT_PAIRS]:
        raise ConfigError(
            f"A dataset for a model is prepared with the model's settings; unset {', '.join(refused)}; "
            f"only {' and '.join(KEPT_PAIRS)} may be set, which leave the model's input as it is"
        )
    kept = {name: getattr(given, name) for name in changed}
    return replace(loaded.prepare_recipe, **kept), loaded.labels.names if labels is None else labels


@file_errors()
def split(
    dataset: Dataset | PathOrText, *, recipe: SplitRecipe | None = None, **settings: Any
) -> "pd.DataFrame":
    """Divide a dataset into train, validation and test parts that share no subject, video or image.

    Args:
        dataset: A dataset, or its folder.
        recipe: Settings of the split.
        settings: Fields of ``SplitRecipe`` by name, such as ``folds=5, fold=0``.

    Returns:
        A row per part: ``part, subjects, videos``, and the number of pairs of each class.

    Raises:
        DatasetError: the parts cannot be made, or would share a subject, a video or an image, which the
            message names; nothing is written.
        ConfigError: a setting cannot be used.

    >>> fer.split("data", seed=0)[["part", "subjects", "videos", "Fear"]]
             part  subjects  videos  Fear
    0       train        10     120   320
    1  validation         4      48   128
    2        test         4      48   128
    """
    import pandas as pd  # noqa: PLC0415

    from ferfusion.splits.split import part_counts, split_dataset  # noqa: PLC0415 pandas

    source = as_dataset(dataset)._opened
    check_output_folder(source.root)
    parts = split_dataset(source, with_settings(SplitRecipe, recipe, settings))
    return pd.DataFrame(
        [
            {"part": part, "subjects": counts["subjects"], "videos": counts["videos"], **counts["pairs"]}
            for part, counts in part_counts(source, parts).items()
        ]
    )


def sample_corpus() -> Path:
    """Return the folder of the rendered corpus that comes with the package: 18 people, 216 videos.

    >>> len(list(fer.sample_corpus().glob("*/*/*.mp4")))
    216
    """
    return Path(str(files("ferfusion") / "sample"))


@file_errors()
def synthesize(
    corpus: PathOrText,
    *,
    recipe: SynthesisRecipe | None = None,
    true_flow: bool = False,
    progress: ShowProgress = True,
    **settings: Any,
) -> Path:
    """Render videos of faces that show the six expressions, with the truth about every frame.

    The same settings give the same corpus. The same call resumes a rendering that was stopped: only missing
    clips are rendered. Needs the extra "synth".

    Args:
        corpus: Folder to write; ``prepare`` reads it as it is.
        recipe: Settings of the corpus.
        true_flow: Also write the true optical flow of the face, about 5 MB a clip at the default size.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``SynthesisRecipe`` by name, such as ``subjects=30``.

    Returns:
        The folder.

    Raises:
        CorpusError: the folder holds something else than this corpus or a part of it.
        ConfigError: a setting cannot be used.
        MissingExtraError: the package anny is not installed.

    >>> fer.synthesize("rendered", subjects=1, clips=1, frames=12, size=64).name
    'rendered'
    """
    from ferfusion.synthesis.corpus import takes, unfinished, write_corpus  # noqa: PLC0415 anny

    root = as_folder(corpus)
    made_of = with_settings(SynthesisRecipe, recipe, settings)
    total, left = len(takes(made_of)), len(unfinished(root, made_of, with_flow=true_flow))
    with shown(progress) as on_progress:
        if left < total:
            report_message(on_progress, f"Rendered already: {total - left} of {counted(total, 'clip')}.")
        on_progress(Progress("Loading the head model, about a minute", total=left, unit="clips"))
        for number, path in enumerate(write_corpus(root, made_of, with_flow=true_flow), start=1):
            on_progress(Progress("Rendering", path.stem, number, left, "clips"))
    return root


def as_dataset(dataset: Dataset | PathOrText) -> Dataset:
    """Return a dataset that may be given by its folder."""
    return dataset if isinstance(dataset, Dataset) else Dataset(dataset)


def as_datasets(datasets: Dataset | PathOrText | Sequence[Dataset | PathOrText]) -> list[Dataset]:
    """Return one dataset or several, or their folders, as a list."""
    if isinstance(datasets, Sequence) and not isinstance(datasets, str):
        return [as_dataset(each) for each in datasets]
    return [as_dataset(datasets)]
