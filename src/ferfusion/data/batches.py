"""Batches of pairs, in the order of the table or shuffled anew in every epoch."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.augment import Augmentation, draw_affines
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import model_inputs


class Batch(NamedTuple):
    """What a model is trained or asked on.

    Attributes:
        spatial: Faces (B, 3, S, S) in [0, 1].
        flow: Encoded flow (B, 3, S, S).
        codes: Class codes (B,), int64.
        rows: Rows of the pair table (B,), int64.
    """

    spatial: Tensor
    flow: Tensor
    codes: Tensor
    rows: Tensor


@dataclass(frozen=True)
class Shuffle:
    """How training reads its pairs: order and augmentation follow from the seed and the epoch alone.

    That makes a resumed run read what an uninterrupted one reads.
    """

    seed: int
    epoch: Callable[[], int]
    augmentation: Augmentation | None = None


class PairBatches:
    """An iterable of batches over chosen rows of a pair table; the last batch may be smaller."""

    def __init__(
        self,
        reader: PairReader,
        rows: npt.NDArray[np.int64],
        codes: npt.NDArray[np.int64],
        *,
        batch_size: int,
        flow_encoding: str,
        shuffle: Shuffle | None = None,
    ) -> None:
        """Take the rows to read and ``codes``, the class code of every row of the table."""
        self._reader, self._rows, self._codes = reader, rows, codes
        self._batch_size, self._flow_encoding, self._shuffle = batch_size, flow_encoding, shuffle

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / self._batch_size)

    def __iter__(self) -> Iterator[Batch]:
        generator = None
        order = self._rows
        if self._shuffle:
            generator = epoch_generator(self._shuffle.seed, self._shuffle.epoch())
            order = self._rows[torch.randperm(len(self._rows), generator=generator).numpy()]
        for start in range(0, len(order), self._batch_size):
            yield self._batch(order[start : start + self._batch_size], generator)

    def _batch(self, rows: npt.NDArray[np.int64], generator: torch.Generator | None) -> Batch:
        affines = None
        if self._shuffle and self._shuffle.augmentation and generator:
            affines = draw_affines(len(rows), self._shuffle.augmentation, generator=generator)
        crops, flow = self._reader.gather(rows)
        spatial, encoded = model_inputs(crops, flow, flow_encoding=self._flow_encoding, affines=affines)
        return Batch(spatial, encoded, torch.from_numpy(self._codes[rows]), torch.from_numpy(rows))


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """Return a random generator that depends on both numbers: near seeds and epochs give unrelated draws."""
    state = np.random.SeedSequence((seed, epoch)).generate_state(2)
    return torch.Generator().manual_seed(int(state[0]) << 31 | int(state[1]) >> 1)
