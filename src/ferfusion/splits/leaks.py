"""Find images that are in two parts: an image of the training part cannot test the model.

A corpus can hold a video twice, under two names, re-encoded, resized or slightly cropped. The crops of both
are then near-identical.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferfusion.errors import DatasetError
from ferfusion.parts import Part
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import Dataset
from ferfusion.preparation.near_duplicates import SIDE, crop_vectors, near_pairs
from ferfusion.preparation.recipe import COPY_SIMILARITY
from ferfusion.reporting.words import counted


@dataclass(frozen=True)
class Copy:
    """Two clips of different subjects that show the same images.

    Attributes:
        clips: The two clips.
        subjects: Their subjects.
        pairs: In each clip, the pair with the most similar crop.
        frames: Number of crops of the first clip that have a near-identical one in the second.
        similarity: Correlation of the two most similar crops.
    """

    clips: tuple[str, str]
    subjects: tuple[str, str]
    pairs: tuple[int, int]
    frames: int
    similarity: float


def find_copies(dataset: Dataset, *, similarity: float = COPY_SIMILARITY) -> tuple[Copy, ...]:
    """Compare the crop of every pair with those of all other subjects; the most similar clips are first.

    Blank crops are left out: they are similar and show nothing.

    Raises:
        DatasetError: a clip is missing or damaged.
    """
    rows = dataset.pairs.reset_index(drop=True)
    table = near_crops(rows, row_vectors(dataset, rows), similarity=similarity)
    return tuple(_copy(each) for _, each in table.groupby(["clip0", "clip1"], sort=False))


def near_crops(rows: pd.DataFrame, vectors: NDArray[np.float32], *, similarity: float) -> pd.DataFrame:
    """Return the pairs of near-identical crops of different subjects, the most similar first.

    Blank crops are left out.

    Args:
        rows: Rows of ``data.csv``.
        vectors: The vector of each row's crop, from ``row_vectors``.
        similarity: The least correlation.

    Returns:
        ``similarity``, and ``clip, video, subject, pair`` with 0 behind the name for the first crop, 1 for
        the second.
    """
    not_blank = np.flatnonzero(vectors.any(axis=1))
    rows, vectors = rows.iloc[not_blank], vectors[not_blank]
    near = near_pairs(vectors, pd.factorize(rows["subject"])[0], similarity=similarity)
    return pd.DataFrame(
        {
            "similarity": near.similarity,
            **{
                f"{name}{side}": rows[name].to_numpy()[of_side]
                for side, of_side in enumerate((near.first, near.second))
                for name in ("clip", "video", "subject", "pair")
            },
        }
    ).sort_values("similarity", ascending=False, kind="stable")


def refuse_copies(
    copies: Sequence[Copy], parts: Mapping[str, Part], *, similarity: float = COPY_SIMILARITY
) -> None:
    """Refuse parts that share an image.

    Args:
        copies: From ``find_copies``.
        parts: Clip to part.
        similarity: The least correlation of the copies.

    Raises:
        DatasetError: two clips with the same images are in different parts; the message names them.
    """
    leaks = [copy for copy in copies if parts[copy.clips[0]] != parts[copy.clips[1]]]
    if not leaks:
        return
    worst = leaks[0]
    sides = " and ".join(
        f"{clip} (subject {subject}, {parts[clip]} part, pair {pair})"
        for clip, subject, pair in zip(worst.clips, worst.subjects, worst.pairs, strict=True)
    )
    pairs = counted(len(leaks), "pair")
    raise DatasetError(
        f"{pairs} of clips in different parts show the same images, for example {sides}: "
        f"{counted(worst.frames, 'frame')} with a correlation of {similarity:g} or more, "
        f"the best of {worst.similarity:.3f}. "
        "Give both one subject, or leave one out, and prepare again; "
        "if they are not one recording, raise --similarity"
    )


def row_vectors(dataset: Dataset, rows: pd.DataFrame) -> NDArray[np.float32]:
    """Return the vector of each row's crop, (N, 256); each clip file is read once.

    Raises:
        DatasetError: a clip is missing or damaged.
    """
    vectors = np.zeros((len(rows), SIDE * SIDE), np.float32)
    for clip, numbers in rows.groupby("clip", sort=False).indices.items():
        arrays = read_clip(dataset.clip_file(str(clip)), *([] if dataset.stills else ["crops"]))
        crops = arrays.get("compared", arrays["crops"])
        pairs = rows["pair"].to_numpy()[numbers]
        if pairs.max() >= len(crops):
            raise DatasetError(
                f"{dataset.pairs_file.name} has pair {pairs.max()} of the clip {clip}, "
                f"which has {counted(len(crops), 'crop')}; delete the clip and run ferfusion prepare again"
            )
        vectors[numbers] = crop_vectors(crops[pairs])
    return vectors


def _copy(crops: pd.DataFrame) -> Copy:
    """Return the copy of a table of near-identical crops of two clips, the most similar first."""
    most = crops.iloc[0]
    return Copy(
        clips=(most["clip0"], most["clip1"]),
        subjects=(most["subject0"], most["subject1"]),
        pairs=(int(most["pair0"]), int(most["pair1"])),
        frames=crops["pair0"].nunique(),
        similarity=float(most["similarity"]),
    )
