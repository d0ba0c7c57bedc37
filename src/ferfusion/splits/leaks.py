"""Find pictures that stand in two parts: what a model has seen in training cannot test it.

A video can be in a corpus twice, under two names, re-encoded, resized or a little cropped. Its crops are then
near-identical.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.errors import DatasetError
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.near_duplicates import SIDE, crop_vectors, near_pairs
from ferfusion.preparation.recipe import ALIKE


@dataclass(frozen=True)
class Copy:
    """Two clips of different subjects that show the same pictures.

    Attributes:
        clips: The two clips.
        subjects: Their subjects.
        pairs: In each clip, the pair whose crop is most like one of the other clip.
        frames: How many crops of the first clip have a near-identical one in the second.
        alike: Correlation of the most alike crops.
    """

    clips: tuple[str, str]
    subjects: tuple[str, str]
    pairs: tuple[int, int]
    frames: int
    alike: float


def find_copies(dataset: Dataset, *, alike: float = ALIKE) -> tuple[Copy, ...]:
    """Compare the crop of every kept pair with those of all other subjects; the most alike clips come first.

    Blank crops are left out: they are alike and show nothing.

    Raises:
        DatasetError: a clip is missing or damaged.
    """
    rows = dataset.pairs.reset_index(drop=True)
    vectors = _vectors(dataset, rows)
    places = np.flatnonzero(vectors.any(axis=1))
    rows, vectors = rows.iloc[places], vectors[places]
    found = near_pairs(vectors, pd.factorize(rows["subject"])[0], alike=alike)
    table = pd.DataFrame(
        {
            "alike": found.alike,
            **{
                f"{name}{side}": rows[name].to_numpy()[place]
                for side, place in enumerate((found.first, found.second))
                for name in ("clip", "subject", "pair")
            },
        }
    ).sort_values("alike", ascending=False, kind="stable")
    copies = [_copy(each) for _, each in table.groupby(["clip0", "clip1"], sort=False)]
    return tuple(copies)


def refuse_copies(copies: Sequence[Copy], parts: Mapping[str, str], *, alike: float = ALIKE) -> None:
    """Refuse parts that share a picture.

    Args:
        copies: From ``find_copies``.
        parts: Clip to part.
        alike: The least correlation at which they were found.

    Raises:
        DatasetError: two clips with the same pictures are in different parts; the message names them.
    """
    leaks = [copy for copy in copies if parts[copy.clips[0]] != parts[copy.clips[1]]]
    if not leaks:
        return
    worst = leaks[0]
    sides = " and ".join(
        f"{clip} (subject {subject}, {parts[clip]} part, pair {pair})"
        for clip, subject, pair in zip(worst.clips, worst.subjects, worst.pairs, strict=True)
    )
    raise DatasetError(
        f"{len(leaks)} pairs of clips in different parts show the same pictures, for example {sides}: "
        f"{worst.frames} frames correlate at {alike:g} or more, the nearest at {worst.alike:.3f}. Give both "
        "one subject, or leave one out, and prepare again; if they are not one recording, raise --alike"
    )


def _vectors(dataset: Dataset, rows: pd.DataFrame) -> NDArray[np.float32]:
    """Return the vector of every row's crop, each clip's file read once."""
    vectors = np.zeros((len(rows), SIDE * SIDE), np.float32)
    for clip, places in rows.groupby("clip", sort=False).indices.items():
        crops = read_clip(dataset.clip_file(str(clip)), "crops")["crops"]
        pairs = rows["pair"].to_numpy()[places]
        if pairs.max() >= len(crops):
            raise DatasetError(
                f"data.csv has pair {pairs.max()} of the clip {clip}, which has {len(crops)} crops; "
                "prepare the dataset again"
            )
        vectors[places] = crop_vectors(crops[pairs])
    return vectors


def _copy(found: pd.DataFrame) -> Copy:
    """Return what a table of near-identical crops of two clips, the most alike first, comes to."""
    most = found.iloc[0]
    return Copy(
        clips=(most["clip0"], most["clip1"]),
        subjects=(most["subject0"], most["subject1"]),
        pairs=(int(most["pair0"]), int(most["pair1"])),
        frames=found["pair0"].nunique(),
        alike=float(most["alike"]),
    )
