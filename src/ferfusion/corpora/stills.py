"""The rows that the loaders of still images return."""

from dataclasses import dataclass, field
from types import MappingProxyType

from ferfusion.corpora.entries import LeftOut

VOTE_COLUMNS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "not_a_face",
)
"""The choices of an annotator of FER+ (Barsoum, Zhang, Canton Ferrer & Zhang 2016)."""
STILL_PARTS = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "val": "validation",
        "validation": "validation",
        "publictest": "validation",
        "test": "test",
        "privatetest": "test",
    }
)
"""The part that each name of a part in a corpus of still images means; names are in lower case."""


@dataclass(frozen=True)
class Still:
    """One labelled image that shows a face and nothing else.

    Attributes:
        image_id: Unique in the corpus.
        place: Its path, relative to the corpus's root.
        emotion: Canonical name of the expression (see ``labels``).
        part: Part in the corpus's official split: train, validation or test.
        encoded: The image file.
        votes: Number of annotators for each of ``VOTE_COLUMNS``, where there are votes.
    """

    image_id: str
    place: str
    emotion: str
    part: str
    encoded: bytes
    votes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class StillsListing:
    """What a loader of still images found: rows to use, and rows left out with the reason."""

    corpus: str
    stills: tuple[Still, ...]
    left_out: tuple[LeftOut, ...] = field(default=())
