"""Which rows are read, and in which order: that of the table, or one drawn in every epoch of a training."""

from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch


class RowOrder(Protocol):
    """The rows of each epoch; their number is the same in all epochs, so that schedules can count batches."""

    def __len__(self) -> int:
        """Return the number of rows of an epoch."""

    def draw(self, generator: torch.Generator) -> npt.NDArray[np.int64]:
        """Return the rows of an epoch, in order; they follow from the generator alone."""


class InOrder:
    """Every row once, in the order of the table; nothing is drawn."""

    def __init__(self, rows: npt.NDArray[np.int64]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, generator: torch.Generator) -> npt.NDArray[np.int64]:
        """Return the rows."""
        return self._rows


class BalancedClasses:
    """The same number of rows of every class, in a drawn order.

    A class is repeated whole as often as it fits into this number; the rest is drawn from it.
    """

    def __init__(self, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], *, per_class: int) -> None:
        """Take rows, the class code of each, and the number of rows of every class in an epoch."""
        self._rows_of_class = [rows[codes == code] for code in np.unique(codes)]
        self._per_class = per_class

    def __len__(self) -> int:
        return self._per_class * len(self._rows_of_class)

    def draw(self, generator: torch.Generator) -> npt.NDArray[np.int64]:
        """Return the rows in a drawn order."""
        chosen = np.concatenate([self._draw_class(rows, generator) for rows in self._rows_of_class])
        return np.take(chosen, torch.randperm(len(chosen), generator=generator).numpy())

    def _draw_class(self, rows: npt.NDArray[np.int64], generator: torch.Generator) -> npt.NDArray[np.int64]:
        times, some = divmod(self._per_class, len(rows))
        drawn = torch.randperm(len(rows), generator=generator).numpy()[:some]
        return np.concatenate([np.tile(rows, times), rows[drawn]])


class Shuffled:
    """Every row once, in a drawn order."""

    def __init__(self, rows: npt.NDArray[np.int64]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, generator: torch.Generator) -> npt.NDArray[np.int64]:
        """Return the rows in a drawn order."""
        order = torch.randperm(len(self._rows), generator=generator).numpy()
        return np.take(self._rows, order)
