"""Queues for labelling: the videos of a dataset on which a model is unsure, or disagrees with the label."""

from typing import TYPE_CHECKING

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.runs import Run
from ferfusion.api.settings import PathOrText, as_path
from ferfusion.api.studies import Study
from ferfusion.errors import ConfigError, DatasetError, file_errors

if TYPE_CHECKING:
    import pandas as pd


@file_errors()
def label_queue(
    data: Dataset | PathOrText,
    source: Study | Run | PathOrText,
    corpus: PathOrText,
    *,
    number: int = 20,
    variant: str = "",
) -> "pd.DataFrame":
    """Return the videos that people should look at: where models are unsure, or disagree with the label.

    Only predictions of people whom the models have not learned from count: a study's, fold by fold, or those
    of a run's test part.

    Args:
        data: The dataset.
        source: A study of it, or a run, or its folder.
        corpus: The folder, or the table, that the dataset was prepared from.
        number: Videos of each of the two kinds, at most.
        variant: The variant of the study; by default, the best one.

    Returns:
        A row per video, the kinds by turns: ``path, video, subject, label, named, p_label, p_named,
        uncertainty, reason``; named is the class that the models name.

    Raises:
        ConfigError: ``number`` is below 1, or the source is neither a study nor a run.
        DatasetError: no prediction is of a video of the dataset.

    >>> queue = fer.label_queue("data", "run", fer.sample_corpus(), number=2)
    >>> len(queue) <= 4, queue["reason"].iloc[0]
    (True, 'a model disagrees with the label')
    """
    from ferfusion.labelling.queue import queue_of  # noqa: PLC0415 pandas

    if number < 1:
        raise ConfigError(f"number must be at least 1, got {number}")
    dataset, root = as_dataset(data), as_path(corpus)
    folder = root if root.is_dir() else root.parent
    videos = dataset.videos.drop_duplicates("video").set_index("video")
    predictions = _predictions(source, variant)
    predictions = predictions[predictions["video"].isin(videos.index)]
    if predictions.empty:
        raise DatasetError(f"No prediction of {source} is of a video of {dataset.folder}; name a study of it")
    predictions = predictions.assign(emotion=predictions["video"].map(videos["emotion"]))  # that of today
    queue = queue_of(predictions, dataset.labels, number=number)
    queue.insert(0, "path", [str(folder / path) for path in videos["path"].loc[queue["video"]]])
    return queue


def _predictions(source: Study | Run | PathOrText, variant: str) -> "pd.DataFrame":
    """Return predictions of people whom the models have not seen, a row per video and model."""
    from ferfusion.evaluation.predictions import video_level  # noqa: PLC0415 pandas

    if not isinstance(source, Study | Run):
        folder = as_path(source)
        source = Run(folder) if (folder / "config.json").is_file() else Study(folder)
    if isinstance(source, Study):
        videos = source.table[source.table["level"] == "video"]
        return source.predictions(variant or str(videos["variant"].iloc[0]), "video")
    if variant:
        raise ConfigError(f"{source.folder} is a run, which has no variants; drop variant")
    pairs = source.predictions
    if pairs.empty:
        raise ConfigError(f"{source.folder} has no test part, whose people it has not seen; name a study")
    return video_level(pairs, labels=source.labels)
