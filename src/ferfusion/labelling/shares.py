"""Who labels what: everybody all, or a share that all label and the rest divided among the raters."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from ferfusion.labelling.project import Item


def divide(
    items: Sequence[Item], raters: Sequence[str], *, overlap: float, seed: int
) -> dict[str, tuple[str, ...]]:
    """Return the ids of each rater's items, in an order of the rater's own.

    The faces of a video stay together. The videos that all raters label, and those of each rater, are spread
    over the people; the shares of two raters differ by one video at most.

    Args:
        items: The items.
        raters: Names of the raters.
        overlap: Share of the videos that all raters label.
        seed: Seed of the choice and of the orders.

    >>> items = [Item(str(n), f"{n}.mp4", subject="ab"[n % 2]) for n in range(4)]
    >>> {rater: len(share) for rater, share in divide(items, ["ann", "ben"], overlap=0.5, seed=0).items()}
    {'ann': 3, 'ben': 3}
    """
    rng = np.random.default_rng(seed)
    of_video: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        of_video[item.path].append(item)
    videos = _spread(of_video, rng)
    shared = videos[: round(overlap * len(videos))]
    chosen: dict[str, list[str]] = {rater: list(shared) for rater in raters}
    people: dict[str, Counter[str]] = {rater: Counter() for rater in raters}
    for video in videos[len(shared) :] if raters else []:
        subject = _subject(of_video[video])
        rater = min(raters, key=lambda name: (len(chosen[name]), people[name][subject]))
        chosen[rater].append(video)
        people[rater][subject] += 1
    return {
        rater: tuple(item.id for place in rng.permutation(len(own)) for item in of_video[own[place]])
        for rater, own in chosen.items()
    }


def _spread(of_video: dict[str, list[Item]], rng: np.random.Generator) -> list[str]:
    """Return the videos in an order in which the people take turns."""
    by_subject: dict[str, list[str]] = defaultdict(list)
    names = list(of_video)
    for place in rng.permutation(len(names)):
        by_subject[_subject(of_video[names[place]])].append(names[place])
    turns = [(turn, video) for own in by_subject.values() for turn, video in enumerate(own)]
    return [video for _, video in sorted(turns, key=lambda each: each[0])]


def _subject(items: Sequence[Item]) -> str:
    return items[0].subject or items[0].path
