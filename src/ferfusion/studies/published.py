"""Figures that were published for the fusions studied here, for side-by-side tables."""

from dataclasses import dataclass
from types import MappingProxyType

SOURCE = "Table 1 of “Fusion approaches for spatiotemporal Face Expression Recognition (FER)”"
CAVEAT = (
    "They are accuracies (WAR) on frames of BAUM-1; the best epoch on the test frames is the one reported, "
    "and the rows were not all trained on the same data. Always answering Sadness would be right in 54.6 % "
    "of those frames. They are shown for orientation, not as figures to beat."
)


@dataclass(frozen=True)
class PublishedRow:
    """One row of the report's Table 1; ``accuracy`` is a share of the test frames."""

    parameters: int
    accuracy: float


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
