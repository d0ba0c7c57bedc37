"""The prediction table of a run: a row per pair, with the true label and the probability of every class."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from ferfusion.compute import full_precision
from ferfusion.data.batches import BATCH_ROWS, NOTHING_DRAWN, Batch, Draws, PairBatches
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import IDENTITY_COLUMNS, PartedPairs
from ferfusion.data.row_order import InOrder
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.parts import Part


def batches_of_rows(
    config: ModelConfig,
    pairs: PartedPairs,
    reader: PairReader,
    rows: npt.NDArray[np.int64],
    *,
    draws: Draws = NOTHING_DRAWN,
) -> PairBatches:
    """Return rows of a pair table as batches that a model reads, in their order.

    Args:
        config: Settings of the model.
        pairs: The pair table.
        reader: Reads the table's crops and flow.
        rows: Rows of the table (N,).
        draws: The augmentation; by default, none.
    """
    return PairBatches(
        reader,
        InOrder(rows),
        pairs.codes,
        batch_size=BATCH_ROWS,
        flow_encoding=config.flow_encoding,
        frames=config.window,
        frame_step=config.frame_step,
        curves=config.reads_actions,
        draws=draws,
    )


@torch.inference_mode()
def class_probabilities(
    model: ExpressionModel, batches: Iterable[Batch]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the rows of the batches, and their class probabilities (rows, C)."""
    device = next(model.parameters()).device
    model.eval()
    rows, probabilities = [], []
    for batch in batches:
        with full_precision(device):
            logits = model(*(image.to(device) for image in batch.images))
        rows.append(batch.rows.numpy())
        probabilities.append(logits.softmax(1).cpu().numpy())
    return np.concatenate(rows), np.concatenate(probabilities)


def prediction_table(
    pairs: PartedPairs, rows: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32], *, part: Part
) -> pd.DataFrame:
    """Return the prediction table of one part: identity, probability of each class, and top class.

    Args:
        pairs: The pair table.
        rows: Rows of the part in that table (N,).
        probabilities: Class probabilities of these rows (N, C).
        part: Name of the part.
    """
    table = pairs.table.iloc[rows][list(IDENTITY_COLUMNS)].reset_index(drop=True)
    table.insert(0, "part", part)
    table[list(pairs.labels.probability_columns)] = probabilities
    table["expression"] = np.array(pairs.labels.names)[probabilities.argmax(1)]
    return table
