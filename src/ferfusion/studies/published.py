"""Published results of the fusions, for tables beside those of a study."""

from dataclasses import dataclass
from types import MappingProxyType

SOURCE = "Table 1 of “Fusion approaches for spatiotemporal Face Expression Recognition (FER)”"
CAVEAT = (
    "These are accuracies (WAR) on frames of BAUM-1. The reported epoch is the best one on the test frames, "
    "and the rows were not all trained on the same data. Always predicting Sadness is correct for 54.6 % "
    "of those frames. The accuracies are for orientation; they are no baseline."
)


@dataclass(frozen=True)
class PublishedRow:
    """One row of the report's Table 1; ``accuracy`` is a share of the test frames of BAUM-1."""

    parameters: int
    accuracy: float


CORPORA = frozenset({"baum1", "baum1a", "baum1s"})
"""Layouts of BAUM-1: beside scores on other videos, the report's accuracies would mislead."""
PUBLISHED = MappingProxyType(
    {
        "flatten-concat": PublishedRow(3_961_350, 0.577),
        "flatten-sum": PublishedRow(3_699_206, 0.5977),
        "flatten-average": PublishedRow(3_699_206, 0.5771),
        "gap-concat": PublishedRow(3_961_350, 0.598),
        "gap-sum": PublishedRow(3_699_206, 0.5648),
        "gap-average": PublishedRow(3_699_206, 0.5766),
    }
)


def published_row(*, architecture: str, fusion: str, corpus: str) -> PublishedRow | None:
    """Return the report's row for a network that was tested on BAUM-1, if it has one.

    >>> published_row(architecture="two-stream", fusion="gap-sum", corpus="baum1s").accuracy
    0.5648
    """
    if corpus not in CORPORA or architecture != "two-stream":
        return None
    return PUBLISHED.get(fusion)
