"""The data module: training batches, shuffled and moved anew each epoch, and those of the other parts."""

import numpy as np
import numpy.typing as npt
from lightning.pytorch import LightningDataModule

from ferfusion.data.augment import Augmentation
from ferfusion.data.batches import PairBatches, Shuffle
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs


class PairDataModule(LightningDataModule):
    """Batches of a dataset's parts for Lightning.

    The loaders are plain iterables of whole batches: a worker process would cost more than the gather.
    """

    def __init__(
        self,
        pairs: PartedPairs,
        reader: PairReader,
        *,
        train_codes: npt.NDArray[np.int64],
        batch_size: int,
        flow_encoding: str,
        seed: int,
        augmentation: Augmentation | None,
    ) -> None:
        """Take the parted table, the reader of its rows, and the codes to train on (true or shuffled)."""
        super().__init__()
        self._pairs, self._reader, self._train_codes = pairs, reader, train_codes
        self._batch_size, self._flow_encoding = batch_size, flow_encoding
        self._seed, self._augmentation = seed, augmentation

    def train_dataloader(self) -> PairBatches:
        """Return the training part, shuffled by seed and epoch."""
        return PairBatches(
            self._reader,
            self._pairs.rows("train"),
            self._train_codes,
            batch_size=self._batch_size,
            flow_encoding=self._flow_encoding,
            shuffle=Shuffle(self._seed, self._current_epoch, self._augmentation),
        )

    def val_dataloader(self) -> PairBatches:
        """Return the validation part in table order."""
        return self.batches("validation")

    def batches(self, part: str) -> PairBatches:
        """Return a part in table order, with its true labels and without augmentation."""
        return PairBatches(
            self._reader,
            self._pairs.rows(part),
            self._pairs.codes,
            batch_size=self._batch_size,
            flow_encoding=self._flow_encoding,
        )

    def _current_epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0
