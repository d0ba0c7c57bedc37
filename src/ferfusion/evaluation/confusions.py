"""Kinds of confusion that are compared between models."""

from dataclasses import dataclass

from ferfusion.evaluation.metrics import IntArray
from ferfusion.label_set import LabelSet


@dataclass(frozen=True)
class ConfusionKind:
    """A group of confusions, each given as (true, predicted)."""

    name: str
    what: str
    cells: tuple[tuple[str, str], ...]

    def applies_to(self, labels: LabelSet) -> bool:
        """Whether a label set has every class of the kind."""
        return {name for cell in self.cells for name in cell} <= set(labels.names)


KINDS = (
    ConfusionKind(
        "category 1",
        "Happiness or Fear taken for Sadness, or Sadness for one of them",
        (
            ("Happiness", "Sadness"),
            ("Fear", "Sadness"),
            ("Sadness", "Happiness"),
            ("Sadness", "Fear"),
        ),
    ),
    ConfusionKind(
        "category 2",
        "Anger, Disgust or Fear taken for Sadness",
        (("Anger", "Sadness"), ("Disgust", "Sadness"), ("Fear", "Sadness")),
    ),
)
"""The report's section 6.3: confusions that it calls severe, and less severe. Fear for Sadness is in both."""


def share_of_kind(confusion: IntArray, kind: ConfusionKind, labels: LabelSet) -> float:
    """Return the share of rows, of the kind's true classes, that are confused in this way.

    NaN where the label set lacks a class of the kind, or there is no such row.

    >>> import numpy as np
    >>> counts = np.zeros((6, 6), np.int64)
    >>> counts[3, 3], counts[3, 4], counts[4, 4] = 6, 2, 2  # Happiness right, Happiness for Sadness, Sadness
    >>> from ferfusion.label_set import SIX
    >>> share_of_kind(counts, KINDS[0], SIX)
    0.2
    """
    if not kind.applies_to(labels):
        return float("nan")
    true = sorted({labels.code(name) for name, _ in kind.cells})
    rows = int(confusion[true].sum())
    confused = sum(int(confusion[labels.code(one), labels.code(other)]) for one, other in kind.cells)
    return confused / rows if rows else float("nan")


def prediction_bias(confusion: IntArray, code: int) -> float:
    """Return how often a class is predicted, divided by how often it occurs; 1 is no bias toward it.

    >>> import numpy as np
    >>> prediction_bias(np.array([[8, 2], [4, 6]]), 0)
    1.2
    """
    occurs = int(confusion[code].sum())
    return int(confusion[:, code].sum()) / occurs if occurs else float("nan")
