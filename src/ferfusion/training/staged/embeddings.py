"""Embeddings of a part, and the head of a model as a model of its own that reads them."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from ferfusion.data.batches import NOTHING_DRAWN, Batch, Draws, epoch_generator
from ferfusion.data.row_order import InOrder, RowOrder, Shuffled
from ferfusion.models.bases import ExpressionModel, HeadedModel
from ferfusion.models.heads import DenseHead


@dataclass(frozen=True)
class Embedded:
    """Embeddings (N, F) and the class code of each (N,)."""

    embeddings: Tensor
    codes: Tensor

    def __len__(self) -> int:
        return len(self.codes)


@torch.no_grad()
def embed(model: ExpressionModel, batches: Iterable[Batch], codes: npt.NDArray[np.int64]) -> Embedded:
    """Return the embedding of every row in the batches; ``codes`` are those of all rows of the pair table."""
    device = next(model.parameters()).device
    model.eval()
    embeddings, rows = [], []
    for batch in batches:
        embeddings.append(model.embed(*(image.to(device) for image in batch.images)).cpu())
        rows.append(batch.rows.cpu())
    return Embedded(torch.cat(embeddings), torch.from_numpy(codes[torch.cat(rows).numpy()]))


class EmbeddingBatch(NamedTuple):
    """Embeddings (B, F) in place of images, with their class codes (B,) and rows (B,)."""

    embeddings: Tensor
    codes: Tensor
    rows: Tensor
    targets: Tensor | None = None
    weight: float = 1.0

    @property
    def images(self) -> tuple[Tensor, ...]:
        """The inputs of the head."""
        return (self.embeddings,)


class HeadOfNetwork(HeadedModel):
    """The layers of a network above its embedding, as a model that reads embeddings."""

    def __init__(self, network: ExpressionModel) -> None:
        super().__init__()
        self.network = network

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """The network's heads."""
        return self.network.heads

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return the logits (B, C) of embeddings (B, F)."""
        return self.network.classify(embeddings)


class EmbeddingBatches:
    """An iterable of batches of embeddings; the last one may be smaller."""

    def __init__(
        self, part: Embedded, order: RowOrder, *, batch_size: int, draws: Draws = NOTHING_DRAWN
    ) -> None:
        self._part, self._order, self._batch_size, self._draws = part, order, batch_size, draws

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch_size)

    def __iter__(self) -> Iterator[EmbeddingBatch]:
        rows = self._order.draw(epoch_generator(self._draws.seed, self._draws.epoch()))
        for chosen in torch.split(torch.from_numpy(rows), self._batch_size):
            embeddings = self._part.embeddings[chosen]
            yield EmbeddingBatch(embeddings, self._part.codes[chosen], chosen)


class EmbeddingData(LightningDataModule):
    """Batches of embeddings for Lightning: the training part shuffled, the validation part in order."""

    def __init__(self, train: Embedded, validation: Embedded, *, batch_size: int, seed: int) -> None:
        super().__init__()
        self._train, self._validation = train, validation
        self._batch_size, self._seed = batch_size, seed

    def train_dataloader(self) -> EmbeddingBatches:
        """Return the training part, in an order that follows from seed and epoch."""
        order = Shuffled(np.arange(len(self._train)))
        draws = Draws(self._seed, self._current_epoch)
        return EmbeddingBatches(self._train, order, batch_size=self._batch_size, draws=draws)

    def val_dataloader(self) -> EmbeddingBatches:
        """Return the validation part."""
        order = InOrder(np.arange(len(self._validation)))
        return EmbeddingBatches(self._validation, order, batch_size=self._batch_size)

    def _current_epoch(self) -> int:
        return self.trainer.current_epoch if self.trainer else 0
