"""The data module: training batches, shuffled and moved anew each epoch, and those of the other parts."""

import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch import LightningDataModule

from ferfusion.data.augment import Augmentation
from ferfusion.data.batches import Draws, PairBatches, Share
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs
from ferfusion.data.resident import ResidentPairs, held
from ferfusion.data.row_order import AsGiven, RowOrder


class PairDataModule(LightningDataModule):
    """Batches of a dataset's parts for Lightning.

    The loaders are plain iterables of whole batches: a worker process would cost more than the gather. On a
    GPU that has room for it, the dataset is held there, and its batches are made there.
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
        seed: int,
        augmentation: Augmentation | None,
        targets: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Take the parted table, the reader of its rows, and the rows and codes (or targets) to train on."""
        super().__init__()
        self._pairs = pairs
        self._reader: PairReader | ResidentPairs = reader
        self._train_order, self._train_codes = train_order, train_codes
        self._batch_size, self._flow_encoding = batch_size, flow_encoding
        self._frames, self._frame_step = frames, frame_step
        self._targets = targets
        self._seed, self._augmentation = seed, augmentation

    def setup(self, stage: str) -> None:
        """Move the dataset to where it is trained on, once that is known."""
        if self.trainer and isinstance(self._reader, PairReader):
            self._reader = held(self._reader, self.trainer.strategy.root_device)

    @property
    def device(self) -> torch.device:
        """Where the batches are made."""
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
            targets=self._targets,
            draws=Draws(self._seed, self._current_epoch, self._augmentation),
            share=self._share,
        )

    def val_dataloader(self) -> PairBatches:
        """Return the validation part in table order."""
        return self.batches("validation", share=self._share)

    def batches(self, part: str, *, share: Share = Share()) -> PairBatches:  # noqa: B008 frozen
        """Return a part in table order, with its true labels and without augmentation."""
        return PairBatches(
            self._reader,
            AsGiven(self._pairs.rows(part)),
            self._pairs.codes,
            batch_size=self._batch_size,
            flow_encoding=self._flow_encoding,
            frames=self._frames,
            frame_step=self._frame_step,
            share=share,
        )

    @property
    def _share(self) -> Share:
        return Share(self.trainer.global_rank, self.trainer.world_size) if self.trainer else Share()

    def _current_epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0
