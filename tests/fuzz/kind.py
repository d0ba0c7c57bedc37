"""One kind of file that is mutated, and what is checked about every result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import ArrayLike

SPACE_BYTES = 2**30


class WrongError(Exception):
    """A file was read, and the result is not what a result must be."""


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Attributes:
        place: Its place in the folder of a case, such as ``data/splits.csv``.
        build: Writes that file, in order, into a folder, with all that belongs beside it.
        mutate: Returns a mutant of its content.
        read: Does with the file what a user does; an error of ferfusion's tree is a refusal.
        is_deep: Returns whether a mutant that was refused got past the check of the header, by its content
            and the message. Half of the mutants must.
        rehearsed: Whether a user's file is tried in another process first, which may end.
        space_bytes: Address space that reading may take; threads reserve much that they do not use.
    """

    place: str
    build: Callable[[Path], object]
    mutate: Callable[[bytes, Random], bytes]
    read: Callable[[Path], object]
    is_deep: Callable[[bytes, str], bool]
    rehearsed: bool = False
    space_bytes: int = SPACE_BYTES


def refused_without(*words: str) -> Callable[[bytes, str], bool]:
    """Return a function that tells by the message whether a mutant got past the check of the header.

    Args:
        words: Words of the messages of that check.
    """
    return lambda _, message: not any(each in message for each in words)


def check(is_right: object, what: str) -> None:
    """Raise WrongError if a result is not right."""
    if not is_right:
        raise WrongError(what)


def check_probabilities(rows: ArrayLike) -> None:
    """Check that rows of probabilities are finite and sum to 1."""
    numbers = np.asarray(rows, float)
    check(np.isfinite(numbers).all(), "a probability is not finite")
    check(np.allclose(numbers.sum(axis=-1), 1, atol=1e-3), "probabilities do not sum to 1")
