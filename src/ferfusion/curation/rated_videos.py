"""Raters beside the labels of a dataset: how far they agree, and where their majority is another class."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ferfusion.evaluation.rater_agreement import krippendorff_alpha
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.votes import votes_by_class
from ferfusion.reporting.words import counted, counted_are, listed

RATED_COLUMNS = (
    *("video", "subject", "emotion", "kind", "majority", "votes", "votes_label", "votes_majority"),
)
KINDS = {
    "other_majority": "most raters choose another class",
    "tie": "a tie, the label among the tied",
    "tie_without_label": "a tie without the label",
}
_ORDER = ("other_majority", "tie_without_label", "tie")


@dataclass(frozen=True)
class RatedVideos:
    """The votes on the used videos or images of a dataset.

    Attributes:
        table: A row per video whose label is not the clear majority, those farthest from it first.
        alpha: Krippendorff's alpha over all choices.
        alpha_of_classes: The same over the classes of the dataset, without the votes for other choices.
        videos: Videos with votes.
        without: Used videos without votes.
        votes: Votes on them.
        further: Choices that are no class of the dataset, with their votes.
    """

    table: pd.DataFrame
    alpha: float
    alpha_of_classes: float
    videos: int
    without: int
    votes: int
    further: dict[str, int]


def rate_videos(dataset: Dataset) -> RatedVideos | None:
    """Compare the raters' votes with the labels; None if the dataset has no votes on a used video."""
    if dataset.votes is None:
        return None
    videos = dataset.pairs.drop_duplicates("video").set_index("video")[["subject", "emotion", "code"]]
    counts = votes_by_class(dataset.votes.set_index("video"), dataset.labels).reindex(videos.index)
    rated = counts.sum(axis=1) > 0
    if not rated.any():
        return None
    counts, own = counts[rated].astype(np.int64), videos[rated]
    classes = len(dataset.labels)
    further = {str(name): int(counts[name].sum()) for name in counts.columns[classes:]}
    votes = counts.to_numpy()
    return RatedVideos(
        _table(votes, own, [str(name) for name in counts.columns]),
        krippendorff_alpha(votes),
        krippendorff_alpha(votes[:, :classes]),
        len(own),
        int((~rated).sum()),
        int(votes.sum()),
        {name: number for name, number in further.items() if number},
    )


def _table(votes: np.ndarray, videos: pd.DataFrame, choices: list[str]) -> pd.DataFrame:
    codes = videos["code"].to_numpy(np.int64)
    most, of_label = votes.max(axis=1), votes[np.arange(len(votes)), codes]
    tops = votes == most[:, None]
    clear, has_label = tops.sum(axis=1) == 1, of_label == most
    kind = np.select(
        [clear & ~has_label, ~clear & has_label, ~clear], ["other_majority", "tie", _ORDER[1]], ""
    )
    table = videos.reset_index()[["video", "subject", "emotion"]].assign(
        kind=kind,
        majority=[" / ".join(np.array(choices, dtype=object)[row]) for row in tops],
        votes=votes.sum(axis=1),
        votes_label=of_label,
        votes_majority=most,
    )
    gap = (table["votes_label"] - table["votes_majority"]) / table["votes"]
    place = table["kind"].map({name: number for number, name in enumerate(_ORDER)})
    table = table.iloc[np.lexsort([gap, place])]
    return table[table["kind"] != ""].reset_index(drop=True)[list(RATED_COLUMNS)]


def rater_lines(rated: RatedVideos, *, stills: bool) -> Iterator[str]:
    """Yield how far the raters agree with each other and with the labels, a sentence each."""
    noun = "image" if stills else "video"
    of_classes = (
        f" ({rated.alpha_of_classes:.3f} over the votes for the dataset's classes)" if rated.further else ""
    )
    yield (
        f"Krippendorff's alpha is {rated.alpha:.3f}{of_classes}, over {counted(rated.votes, 'vote')} on "
        f"{counted(rated.videos, noun)}; 1 is full agreement, 0 that of chance."
    )
    for kind in _ORDER:
        if number := int((rated.table["kind"] == kind).sum()):
            yield f"{counted(number, noun)}: {KINDS[kind]}."
    if rated.table.empty:
        yield f"The label is the raters' clear majority for every {noun} with votes."
    if rated.further:
        named = listed([f"{name} ({counted(number, 'vote')})" for name, number in rated.further.items()])
        yield f"Choices that are no class of the dataset: {named}."
    if rated.without:
        yield f"{counted_are(rated.without, noun)} without votes."
