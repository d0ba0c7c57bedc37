"""Divisions of several corpora: on whose people a training learns, and on whose it is tested. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.reporting.words import listed


@dataclass(frozen=True)
class Division:
    """One division of the people of several corpora.

    A corpus that is in both has some of its people held out of the training, who are tested.

    Attributes:
        trained_on: Corpora on whose people the training learns.
        tested_on: Corpora whose people are tested.
    """

    trained_on: tuple[str, ...]
    tested_on: tuple[str, ...]

    @property
    def name(self) -> str:
        """The corpora of the training, in words.

        >>> Division(("a", "b"), ("c",)).name
        'a and b'
        """
        return listed(self.trained_on)


def each_to_each(names: Sequence[str]) -> tuple[Division, ...]:
    """Return a division for each corpus: trained on it, tested on all.

    >>> [(each.trained_on, each.tested_on) for each in each_to_each(["a", "b"])]
    [(('a',), ('a', 'b')), (('b',), ('a', 'b'))]
    """
    return tuple(Division((name,), tuple(names)) for name in names)


def leave_one_corpus_out(names: Sequence[str]) -> tuple[Division, ...]:
    """Return a division for each corpus: tested on it, trained on all others.

    >>> [(each.trained_on, each.tested_on) for each in leave_one_corpus_out(["a", "b", "c"])]
    [(('b', 'c'), ('a',)), (('a', 'c'), ('b',)), (('a', 'b'), ('c',))]
    """
    return tuple(Division(tuple(other for other in names if other != name), (name,)) for name in names)


PROTOCOLS: MappingProxyType[str, Callable[[Sequence[str]], tuple[Division, ...]]] = MappingProxyType(
    {"each-to-each": each_to_each, "leave-one-corpus-out": leave_one_corpus_out}
)
"""How a study across corpora divides them, by name."""


def divisions_of(
    names: Sequence[str], *, protocol: str, train_on: Sequence[str], test_on: Sequence[str]
) -> tuple[Division, ...]:
    """Return the divisions of corpora by a protocol, or the one that names its corpora.

    Args:
        names: Names of all corpora.
        protocol: A name of ``PROTOCOLS``; empty if the corpora are named.
        train_on: Names of the corpora to train on.
        test_on: Names of the corpora to test on.

    Raises:
        ConfigError: a name is of no corpus, or a corpus is not used.
    """
    if protocol:
        return choose(PROTOCOLS, protocol, what="protocol")(names)
    known = dict.fromkeys(names)
    for name in (*train_on, *test_on):
        choose(known, name, what="dataset")
    if unused := [name for name in names if name not in (*train_on, *test_on)]:
        raise ConfigError(f"{listed(unused)} is neither in train_on nor in test_on; name it, or leave it out")
    both = [tuple(name for name in names if name in given) for given in (train_on, test_on)]
    return (Division(*both),)
