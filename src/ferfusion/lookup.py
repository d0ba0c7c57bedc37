"""Choose an item of a table by name, with a hint on a near miss; refuse settings that do not exist."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import TypeVar

from ferfusion.errors import ConfigError

Item = TypeVar("Item")


def choose(table: Mapping[str, Item], name: str, *, what: str) -> Item:
    """Return ``table[name]``.

    Raises:
        ConfigError: ``name`` is not in the table; the message lists the names and the nearest one.

    >>> choose({"sum": 1, "concat": 2}, "sum", what="fusion")
    1
    """
    if isinstance(name, str) and name in table:
        return table[name]
    near = get_close_matches(name, table, n=1) if isinstance(name, str) else []
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ConfigError(f"Unknown {what} {name!r}; choose one of {', '.join(sorted(table))}.{hint}")


def refuse_unknown(settings: type, values: Iterable[str], *, what: str) -> None:
    """Check that every name in ``values`` is a field of the dataclass ``settings``.

    Raises:
        ConfigError: a name is not; the message lists all of them.
    """
    known = [field.name for field in fields(settings)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        near = get_close_matches(unknown[0], known, n=1)
        hint = f"; did you mean {near[0]}?" if near and len(unknown) == 1 else ""
        raise ConfigError(f"Unknown {what} settings: {', '.join(unknown)}{hint}")
