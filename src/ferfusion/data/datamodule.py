"""The data module: training batches, shuffled and augmented in every epoch, and those of the other parts."""

import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch import LightningDataModule

from ferfusion.data.batches import Draws, PairBatches, Share
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs
from ferfusion.data.recipe import Augmentation
from ferfusion.data.resident import ResidentPairs, resident_if_it_fits
from ferfusion.data.row_order import InOrder, RowOrder
from ferfusion.parts import Part


class PairDataModule(LightningDataModule):
    """Batches of a dataset's parts for Lightning.

    The loaders are plain iterables of whole batches: a worker process would cost more than the gather. A GPU
    with enough free memory holds the whole dataset, and the batches are made there.
    """

    def __init__(
        self,
        pairs: PartedPairs,
        reader: PairReader,
        *,
        train_order: RowOrder,
        train_codes: npt.NDArray[np.int64],
        batch_size: int,
        flow_encoding: str,
        frames: int = 0,
        frame_step: int = 1,
        curves: bool = False,
        seed: int,
        augmentation: Augmentation | None,
        targets: npt.NDArray[np.float32] | None = None,
        taught: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Take a pair table with the part of every row, and what to train on.

        Args:
            pairs: The pair table.
            reader: Reads the table's crops and flow.
            train_order: Rows of every epoch of the training part.
            train_codes: Class code of every row of the table, as it is trained on.
            batch_size: Rows of a batch, over all processes.
            flow_encoding: Encoding of the flow as an image.
            frames: Crops of a window; 0 leaves windows out of the batches.
            frame_step: From each crop of a window to the next, in frames.
            curves: Whether the windows are of action curves, with ``frames`` rows, and not of crops.
            seed: Seed of order and augmentation.
            augmentation: Augmentation of the training part; None for none.
            targets: Shares of votes (rows, C) of every row of the table; None where there are none.
            taught: Answers of teachers (rows, C) on every row of the table; None without teachers.
        """
        super().__init__()
        self._pairs = pairs
        self._reader: PairReader | ResidentPairs = reader
        self._train_order, self._train_codes = train_order, train_codes
        self._batch_size, self._flow_encoding = batch_size, flow_encoding
        self._frames, self._frame_step, self._curves = frames, frame_step, curves
        self._targets, self._taught = targets, taught
        self._seed, self._augmentation = seed, augmentation

    def setup(self, stage: str) -> None:
        """Move the dataset to the training device, if it fits."""
        if self.trainer and isinstance(self._reader, PairReader):
            self._reader = resident_if_it_fits(self._reader, self.trainer.strategy.root_device)

    @property
    def device(self) -> torch.device:
        """The device on which the batches are made."""
        return self._reader.device

    def train_dataloader(self) -> PairBatches:
        """Return the training part, shuffled by seed and epoch."""
        return PairBatches(
            self._reader,
            self._train_order,
            self._train_codes,
            batch_size=self._batch_size,
            flow_encoding=self._flow_encoding,
            frames=self._frames,
            frame_step=self._frame_step,
            curves=self._curves,
            targets=self._targets,
            taught=self._taught,
            draws=Draws(self._seed, self._current_epoch, self._augmentation),
            share=self._share,
        )

    def val_dataloader(self) -> PairBatches:
        """Return the validation part in table order."""
        return self.batches("validation", share=self._share)

    def batches(self, part: Part, *, share: Share = Share()) -> PairBatches:  # noqa: B008 frozen
        """Return a part in table order, with its true labels and without augmentation."""
        return PairBatches(
            self._reader,
            InOrder(self._pairs.rows(part)),
            self._pairs.codes,
            batch_size=self._batch_size,
            flow_encoding=self._flow_encoding,
            frames=self._frames,
            frame_step=self._frame_step,
            curves=self._curves,
            share=share,
        )

    @property
    def _share(self) -> Share:
        return Share(self.trainer.global_rank, self.trainer.world_size) if self.trainer else Share()

    def _current_epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0
