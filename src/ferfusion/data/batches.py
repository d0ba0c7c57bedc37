"""Batches of pairs, in the order of the table or shuffled in every epoch."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.data.augment import Transforms, sample_transforms
from ferfusion.data.clips import PairReader
from ferfusion.data.inputs import model_inputs, window_inputs
from ferfusion.data.recipe import Augmentation
from ferfusion.data.resident import ResidentPairs
from ferfusion.data.row_order import RowOrder

BATCH_ROWS = 64
"""Rows of a forward pass outside training."""


class Batch(NamedTuple):
    """Input of a model, and the targets of its output.

    Attributes:
        spatial: Faces (B, 3, S, S) in [0, 1].
        flow: Encoded flow (B, 3, S, S).
        codes: Class codes (B,), int64.
        rows: Rows of the pair table (B,), int64.
        targets: Shares of the raters' votes (B, C); None where the dataset has none.
        frames: Windows of faces (B, K, 3, S, S) in [0, 1] that end with ``spatial``, or of action curves
            (B, K, CURVE_COLUMNS); None where the model reads none.
        weight: Weight of this batch's mean in the mean over all processes that share a batch.
        taught: What the teachers of a training answer (B, C); None without teachers.
    """

    spatial: Tensor
    flow: Tensor
    codes: Tensor
    rows: Tensor
    targets: Tensor | None = None
    frames: Tensor | None = None
    weight: float = 1.0
    taught: Tensor | None = None

    @property
    def images(self) -> tuple[Tensor, ...]:
        """The arguments of the model."""
        images = (self.spatial, self.flow)
        return images if self.frames is None else (*images, self.frames)


@dataclass(frozen=True)
class Draws:
    """What training draws in every epoch: order and augmentation follow from seed and epoch alone.

    A resumed run therefore reads the same batches as an uninterrupted one.
    """

    seed: int
    epoch: Callable[[], int]
    augmentation: Augmentation | None = None


@dataclass(frozen=True)
class Share:
    """Which rows of every batch this process reads, of ``processes`` that train together."""

    rank: int = 0
    processes: int = 1

    def of(self, count: int) -> tuple[slice, float]:
        """Return the rows of a batch of ``count`` that are read here, and the weight of their mean.

        A process without a row of its own reads the first one, with a weight of 0.

        >>> [Share(rank, 2).of(5) for rank in range(2)]
        [(slice(0, 2, None), 0.8), (slice(2, 5, None), 1.2)]
        """
        start, stop = (count * rank // self.processes for rank in (self.rank, self.rank + 1))
        if start == stop:
            return slice(0, 1), 0.0
        return slice(start, stop), (stop - start) * self.processes / count


NOTHING_DRAWN = Draws(seed=0, epoch=lambda: 0)
"""For reading rows as they are."""


class PairBatches:
    """An iterable of batches over chosen rows of a pair table; the last batch may be smaller."""

    def __init__(
        self,
        reader: PairReader | ResidentPairs,
        order: RowOrder,
        codes: npt.NDArray[np.int64],
        *,
        batch_size: int,
        flow_encoding: str,
        frames: int = 0,
        frame_step: int = 1,
        curves: bool = False,
        targets: npt.NDArray[np.float32] | None = None,
        taught: npt.NDArray[np.float32] | None = None,
        draws: Draws = NOTHING_DRAWN,
        share: Share = Share(),
    ) -> None:
        """Take a table's reader and the rows to read from it.

        Args:
            reader: Reads crops and flow.
            order: Rows of every epoch.
            codes: Class code of every row of the table.
            batch_size: Rows of a batch, over all processes.
            flow_encoding: Encoding of the flow as an image.
            frames: Crops of a window; 0 leaves windows out of the batches.
            frame_step: From each crop of a window to the next, in frames.
            curves: Whether the windows are of action curves, with ``frames`` rows, and not of crops.
            targets: Shares of votes (rows, C) of every row of the table; None where there are none.
            taught: Answers of teachers (rows, C) on every row of the table; None without teachers.
            draws: Seed, epoch and augmentation.
            share: Rows of every batch that this process reads.
        """
        self._reader, self._order, self._codes = reader, order, codes
        self._batch_size, self._flow_encoding, self._draws = batch_size, flow_encoding, draws
        self._frames, self._frame_step, self._curves = frames, frame_step, curves
        self._targets, self._taught = targets, taught
        self._share = share

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch_size)

    def __iter__(self) -> Iterator[Batch]:
        generator = epoch_generator(self._draws.seed, self._draws.epoch())
        rows = self._order.draw(generator)
        for start in range(0, len(rows), self._batch_size):
            yield self._batch(rows[start : start + self._batch_size], generator)

    def _batch(self, rows: npt.NDArray[np.int64], generator: torch.Generator) -> Batch:
        transforms = None
        if self._draws.augmentation:
            transforms = sample_transforms(len(rows), self._draws.augmentation, generator=generator)
        own, weight = self._share.of(len(rows))
        rows, device = rows[own], self._reader.device
        transforms = transforms and transforms.of(own, device=device)
        crops, flow = self._reader.gather(rows)
        spatial, encoded = model_inputs(crops, flow, flow_encoding=self._flow_encoding, transforms=transforms)
        return Batch(
            spatial,
            encoded,
            torch.from_numpy(self._codes[rows]).to(device),
            torch.from_numpy(rows),
            targets=None if self._targets is None else torch.from_numpy(self._targets[rows]).to(device),
            taught=None if self._taught is None else torch.from_numpy(self._taught[rows]).to(device),
            frames=self._windows(rows, transforms),
            weight=weight,
        )

    def _windows(self, rows: npt.NDArray[np.int64], transforms: Transforms | None) -> Tensor | None:
        if not self._frames:
            return None
        windows = self._reader.gather_windows(
            rows, frames=self._frames, step=self._frame_step, curves=self._curves
        )
        return window_inputs(windows, transforms=transforms)


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """Return a random generator that depends on both numbers: near seeds and epochs give unrelated draws."""
    state = np.random.SeedSequence((seed, epoch)).generate_state(2)
    return torch.Generator().manual_seed(int(state[0]) << 31 | int(state[1]) >> 1)
