"""The rows that the loaders of still images return, and photographs among the rows of other loaders."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry, left_out_entry
from ferfusion.video.suffixes import IMAGE_SUFFIXES

AMONG_VIDEOS = "a photograph among videos; prepare photographs into their own dataset"
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
"""The choices of a rater of FER+ (Barsoum, Zhang, Canton Ferrer & Zhang 2016)."""
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
        votes: Number of raters for each of ``VOTE_COLUMNS``, where there are votes.
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


def has_photographs_only(listing: CorpusListing) -> bool:
    """Return whether a listing has photographs, and no video."""
    return bool(listing.entries) and all(map(_is_photograph, listing.entries))


def without_photographs(listing: CorpusListing, root: Path) -> CorpusListing:
    """Return a listing whose photographs are left out with a reason: they have no motion as videos have.

    Args:
        listing: The listing.
        root: Folder of the corpus, or its file.
    """
    left_out = [
        left_out_entry(entry, root, AMONG_VIDEOS) for entry in listing.entries if _is_photograph(entry)
    ]
    videos = tuple(entry for entry in listing.entries if not _is_photograph(entry))
    return replace(listing, entries=videos, left_out=(*listing.left_out, *left_out)) if left_out else listing


def _is_photograph(entry: VideoEntry) -> bool:
    return entry.path.suffix.lower() in IMAGE_SUFFIXES and not entry.path.is_dir()
