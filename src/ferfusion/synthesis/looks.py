"""The looks of a rendered corpus: who is in it, and how they show an expression."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.synthesis.actions import STUDIO, Prototype
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.everyday import EMFACS_VARIANTS, draw_everyday_subject
from ferfusion.synthesis.subjects import Subject


@dataclass(frozen=True)
class Look:
    """People and their ways to show an expression.

    Attributes:
        cast: Draws a person from an index and ``seed``.
        variants: The ways to show each expression; each clip has one of them.
    """

    cast: Callable[..., Subject]
    variants: Mapping[str, tuple[Prototype, ...]]


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "studio": Look(draw_subject, STUDIO),
        "everyday": Look(draw_everyday_subject, EMFACS_VARIANTS),
    }
)
"""Each look by its name."""
