"""The clips that a model has learned from, which are found again in another dataset by their crops.

Names do not tell: most corpora have a subject 01, and every rendered corpus has a video ``s01_fear_1``. A
video that is prepared again with the same crops gives the same fingerprint, whatever its name and its flow.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from ferfusion.preparation.clip_hashes import crop_hashes
from ferfusion.preparation.dataset import Dataset

MOST_CLIPS = 50_000
"""A bundle keeps no clips of a larger training; its header has a largest size."""
_DIGITS = 10


def learned_clips(dataset: Dataset, parts: Mapping[str, str]) -> list[str]:
    """Return a fingerprint of each clip that a training learns from or chooses on.

    Args:
        dataset: The dataset of the training.
        parts: Clip to part.

    Returns:
        The first 10 digits of the SHA-256 of each clip's crops, sorted; empty if there are more than
        ``MOST_CLIPS`` of them, or if the dataset does not keep the SHA-256 of its clips.
    """
    return fingerprints(
        crops
        for clip, crops in crop_hashes(dataset.root, dataset.clips_folder).items()
        if parts.get(clip, "test") != "test"
    )


def fingerprints(hashes: Iterable[str]) -> list[str]:
    """Return the fingerprints of clips by the SHA-256 of the crops of each, or by its first digits.

    >>> fingerprints(["0123456789abcdef", ""])
    ['0123456789']
    """
    found = sorted({crops[:_DIGITS] for crops in hashes if crops})
    return found if len(found) <= MOST_CLIPS else []


def learned_subjects(dataset: Dataset, rows: pd.DataFrame, learned: Iterable[str]) -> list[str] | None:
    """Return the subjects of some rows that a model has learned from, in any of their clips.

    Args:
        dataset: A dataset.
        rows: Rows of its pair table.
        learned: Fingerprints of the model's clips.

    Returns:
        The subjects, sorted; None if this cannot be told: the fingerprints are not known, the dataset does
        not keep the SHA-256 of its clips, or it has photographs, which are packed with others in one file.
    """
    seen = known_clips(dataset, learned)
    if seen is None:
        return None
    pairs = dataset.pairs
    subjects = set(pairs.loc[pairs["clip"].isin(seen), "subject"])
    found = sorted(subjects.intersection(rows["subject"]))
    return found if found or not dataset.stills else None


def known_clips(dataset: Dataset, known: Iterable[str]) -> set[str] | None:
    """Return the clips of a dataset with one of some fingerprints.

    Returns:
        Their names; None if there are no fingerprints, or the dataset does not keep the SHA-256 of its clips.
    """
    wanted = frozenset(known)
    hashes = crop_hashes(dataset.root, dataset.clips_folder) if wanted else {}
    return {clip for clip, crops in hashes.items() if crops[:_DIGITS] in wanted} if hashes else None
