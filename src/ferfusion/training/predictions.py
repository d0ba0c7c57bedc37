"""The prediction table of a run: a row per pair, with the true label and the probability of every class."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from ferfusion.compute import full_precision
from ferfusion.data.batches import Batch
from ferfusion.data.pairs import IDENTITY_COLUMNS, PartedPairs
from ferfusion.models.bases import ExpressionModel
from ferfusion.parts import Part


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
