"""Groups of videos with near-identical crops, those that contradict each other first.

Two videos of different people belong together if one crop of each is near-identical: see ``splits.leaks``.
Takes of one person are similar in any case: crops at the same relative times must be so on average.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.recipe import COPY_SIMILARITY
from ferfusion.reporting.words import counted
from ferfusion.splits.leaks import near_crops, row_vectors

SAME_PERSON_SIMILARITY = 0.98
"""Mean correlation from which on two videos of one person count as copies.

The most similar takes of one person of the rendered sample corpus have 0.980 if every fourth pair or more
are kept; of every eighth one, which are four crops a video, one pair of takes has 0.984. Of 35 copies of
seven videos, real and rendered, re-encoded at constant rate factor 38 and also enlarged, cropped, brightened
or made grey, 15 or 16 have 0.98 or more.
"""
_MOMENTS = 16
"""More change nothing; with five, takes have up to 0.982, and it depends on the share of kept pairs."""
_VIDEOS_AT_ONCE = 1024
KINDS = MappingProxyType(
    {
        "other_label_and_person": "different labels and different people",
        "other_label": "different labels",
        "other_person": "different people",
        "same_label": "the same label",
    }
)
"""What is different within a group, the worst first."""
COPY_COLUMNS = ("group", "kind", "video", "subject", "emotion", "similarity", "share", "clip", "pair")


@dataclass(frozen=True)
class _Link:
    """Two videos with near-identical crops: their rows of the two most similar, and the shares of all."""

    videos: tuple[str, str]
    rows: tuple[int, int]
    shares: tuple[float, float]
    similarity: float


def near_copies(dataset: Dataset) -> pd.DataFrame:
    """Return a row per video that has near-identical crops with another one.

    Returns:
        ``group``, from 1; ``kind``, a key of ``KINDS``; ``video, subject, emotion``; ``similarity``, the
        correlation of the video's crop that is the most similar to one of another video of the group;
        ``share`` of its crops with such a one; ``clip`` and ``pair`` of the most similar crop.

    Raises:
        DatasetError: a clip is missing or damaged.
    """
    rows = dataset.pairs.reset_index(drop=True)
    vectors = row_vectors(dataset, rows)
    compared = rows if dataset.people_known else rows.assign(subject=rows["video"])
    across = near_crops(compared, vectors, similarity=COPY_SIMILARITY)[["video0", "video1"]].drop_duplicates()
    places = {
        str(video): np.asarray(own, np.int64)
        for video, own in rows.groupby("video", sort=False).indices.items()
    }
    within = _of_one_person(rows, vectors, places, moments=1 if dataset.stills else _MOMENTS)
    pairs = dict.fromkeys((*across.itertuples(index=False, name=None), *within))
    links = [_link((first, second), places, vectors) for first, second in pairs]
    return _table(rows, links, people_known=dataset.people_known)


def _of_one_person(
    rows: pd.DataFrame, vectors: NDArray[np.float32], places: dict[str, NDArray[np.int64]], *, moments: int
) -> Iterator[tuple[str, str]]:
    """Yield the pairs of videos of one person whose crops at some moments are near-identical on average."""
    middles = (np.arange(moments) + 0.5) / moments
    firsts = rows.drop_duplicates("video")
    for _, names in firsts.groupby("subject", sort=False)["video"]:
        videos = names.to_numpy()
        chosen = [places[name][(middles * len(places[name])).astype(int)] for name in videos]
        signatures = vectors[np.array(chosen)].reshape(len(videos), -1)
        for start in range(0, len(videos), _VIDEOS_AT_ONCE):
            similar = signatures[start : start + _VIDEOS_AT_ONCE] @ signatures.T / np.float32(moments)
            for first, second in np.argwhere(similar >= SAME_PERSON_SIMILARITY):
                if start + first < second:
                    yield videos[start + first], videos[second]


def _link(
    videos: tuple[str, str], places: dict[str, NDArray[np.int64]], vectors: NDArray[np.float32]
) -> _Link:
    first, second = (places[video] for video in videos)
    products = vectors[first] @ vectors[second].T
    best = np.unravel_index(products.argmax(), products.shape)
    near = products >= COPY_SIMILARITY
    return _Link(
        videos,
        (int(first[best[0]]), int(second[best[1]])),
        (float(near.any(axis=1).mean()), float(near.any(axis=0).mean())),
        float(products[best]),
    )


def _table(rows: pd.DataFrame, links: list[_Link], *, people_known: bool) -> pd.DataFrame:
    best: dict[str, tuple[float, int]] = {}
    shares: dict[str, float] = defaultdict(float)
    for link in links:
        for video, row, share in zip(link.videos, link.rows, link.shares, strict=True):
            best[video] = max(best.get(video, (-1.0, 0)), (link.similarity, row))
            shares[video] = max(shares[video], share)
    tables = []
    for members in _connected(link.videos for link in links):
        group = rows.loc[
            [best[video][1] for video in members], ["video", "subject", "emotion", "clip", "pair"]
        ]
        labels, people = group["emotion"].nunique() > 1, people_known and group["subject"].nunique() > 1
        kind = {(True, True): "other_label_and_person", (True, False): "other_label"}.get(
            (labels, people), "other_person" if people else "same_label"
        )
        group = group.assign(
            kind=kind,
            similarity=[best[video][0] for video in members],
            share=[shares[video] for video in members],
        )
        tables.append(group.sort_values(["share", "similarity"], ascending=False, kind="stable"))
    order = list(KINDS)
    tables.sort(
        key=lambda each: (order.index(each["kind"].iloc[0]), -each["share"].max(), -each["similarity"].max())
    )
    numbered = [each.assign(group=number) for number, each in enumerate(tables, start=1)]
    joined = pd.concat(numbered, ignore_index=True) if numbered else pd.DataFrame()
    return joined.reindex(columns=list(COPY_COLUMNS))


def _connected(pairs: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield groups of names that pairs connect.

    >>> [sorted(group) for group in _connected([("a", "b"), ("c", "d"), ("b", "e")])]
    [['a', 'b', 'e'], ['c', 'd']]
    """
    neighbours: dict[str, list[str]] = defaultdict(list)
    for first, second in pairs:
        neighbours[first].append(second)
        neighbours[second].append(first)
    seen: set[str] = set()
    for name in neighbours:
        if name in seen:
            continue
        group, waiting = [], [name]
        seen.add(name)
        while waiting:
            group.append(one := waiting.pop())
            new = [other for other in dict.fromkeys(neighbours[one]) if other not in seen]
            seen.update(new)
            waiting += new
        yield sorted(group)


def copy_lines(copies: pd.DataFrame, *, stills: bool) -> Iterator[str]:
    """Yield how many groups of each kind there are, a sentence each."""
    noun = "image" if stills else "video"
    for kind, words in KINDS.items():
        of_kind = copies[copies["kind"] == kind]
        if len(of_kind):
            groups = counted(of_kind["group"].nunique(), "group")
            yield (
                f"{groups} of {noun}s with near-identical crops and {words} ({counted(len(of_kind), noun)})."
            )
    if copies.empty:
        yield f"No two {noun}s with near-identical crops."
