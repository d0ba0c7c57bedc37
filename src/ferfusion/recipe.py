"""The base of every recipe: bounds stand in the types of its fields, and one function checks all of them."""

from dataclasses import Field, asdict, dataclass, fields
from functools import reduce
from math import isfinite
from numbers import Integral, Real
from operator import or_
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin

from ferfusion.errors import ConfigError
from ferfusion.lookup import refuse_unknown


@dataclass(frozen=True)
class Bound:
    """A limit of a number, and the unit that a message names."""

    limit: float
    unit: str = ""

    def allows(self, value: float) -> bool:
        """Return whether a value is within the bound."""
        raise NotImplementedError


class AtLeast(Bound):
    """The value is the limit or more."""

    def allows(self, value: float) -> bool:
        """Return whether the value is not below the limit."""
        return value >= self.limit

    def __str__(self) -> str:
        return f"at least {_number(self.limit)}"


class Above(Bound):
    """The value is more than the limit."""

    def allows(self, value: float) -> bool:
        """Return whether the value is above the limit."""
        return value > self.limit

    def __str__(self) -> str:
        return f"above {_number(self.limit)}"


class AtMost(Bound):
    """The value is the limit or less."""

    def allows(self, value: float) -> bool:
        """Return whether the value is not above the limit."""
        return value <= self.limit

    def __str__(self) -> str:
        return f"at most {_number(self.limit)}"


class Below(Bound):
    """The value is less than the limit."""

    def allows(self, value: float) -> bool:
        """Return whether the value is below the limit."""
        return value < self.limit

    def __str__(self) -> str:
        return f"below {_number(self.limit)}"


@dataclass(frozen=True)
class Recipe:
    """Base of every class of settings: frozen, flat, checked when it is made, saved with its results.

    A subclass states its bounds in the types of its fields, ``epochs: Annotated[int, AtLeast(1)] = 20``. What
    concerns several fields, or a name in a table, it checks in its own ``__post_init__``, after this one.
    """

    described_as: ClassVar[str] = ""
    """The word for these settings in a message about an unknown one."""

    def __post_init__(self) -> None:
        check_bounds(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read settings back.

        Raises:
            ConfigError: ``values`` is no mapping, a key is not a setting of this version, or a value has
                another type or is out of bounds.
        """
        if not isinstance(values, dict):
            raise ConfigError(f"The {cls.described_as} settings must be named values, got {values!r:.80}")
        refuse_unknown(cls, values, what=cls.described_as)
        return cls(**values)


LARGEST = 2**32 - 1
"""Largest size of a number, where its field states no limit."""
_IN_WORDS = MappingProxyType(
    {int: "a whole number", float: "a number", str: "text", bool: "true or false", NoneType: "unset"}
)


def check_bounds(settings: Any) -> None:
    """Check the value of every field of a dataclass against the field's type and the bounds in it.

    On a side where the field states no limit, ``LARGEST`` is the limit.

    Raises:
        ConfigError: a value has another type, is not a finite number, or is out of bounds.

    >>> @dataclass(frozen=True)
    ... class Settings(Recipe):
    ...     epochs: Annotated[int, AtLeast(1)] = 20
    >>> Settings(epochs=0)
    Traceback (most recent call last):
    ferfusion.errors.ConfigError: epochs must be at least 1, got 0
    """
    for field in fields(settings):
        bounds = bounds_of(field)
        value = getattr(settings, field.name)
        kinds = value_types(field)
        if _IN_WORDS.keys() >= set(kinds) and not any(has_type(value, kind) for kind in kinds):
            words = " or ".join(_IN_WORDS[kind] for kind in kinds)
            raise ConfigError(f"{field.name} must be {words}, got {value!r:.80}")
        if isinstance(value, Real):
            _check_number(field.name, value, bounds)


def _check_number(name: str, value: Any, bounds: tuple[Bound, ...]) -> None:
    if not (_is_finite(value) and all(bound.allows(value) for bound in bounds)):
        raise ConfigError(f"{name} must be {_words(bounds) or 'finite'}, got {value!s:.80}")
    if abs(value) > LARGEST:
        raise ConfigError(f"{name} must be at most {LARGEST:,} in size, got {value!s:.80}")


def has_type(value: Any, kind: Any) -> bool:
    """Return whether a value, such as one from a JSON file, has a type; a truth value is no number.

    >>> has_type([[1, 2], [3]], list[list[int]]), has_type({"a": 1}, dict[str, str]), has_type(True, float)
    (True, False, False)
    """
    items = get_args(kind)
    if get_origin(kind) is list:
        return isinstance(value, list) and all(has_type(item, items[0]) for item in value)
    if get_origin(kind) is dict:
        return isinstance(value, dict) and all(has_type(item, items[1]) for item in value.values())
    if kind is int or kind is float:
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    return kind is Any or isinstance(value, kind)


def _is_finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # a whole number beyond the largest float
        return True


def value_type(field: "Field[Any]") -> Any:
    """Return the type of a field's value, without the bounds that are annotated.

    Bounds may be annotated on the whole type, or on one type of several, as in
    ``Annotated[float, Above(0)] | None``.
    """
    kind = _without_bounds(field.type)
    # a union with an annotated type is a typing.Union, one of plain types is a UnionType
    if get_origin(kind) is Union:
        first, *further = map(_without_bounds, get_args(kind))
        return reduce(or_, further, first)
    return kind


def value_types(field: "Field[Any]") -> tuple[Any, ...]:
    """Return the types that a field's value may have: several if its type is a union."""
    kind = value_type(field)
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def bounds_of(field: "Field[Any]") -> tuple[Bound, ...]:
    """Return the bounds that are annotated on a field, or on a type of its union."""
    kinds = (field.type, *(get_args(field.type) if get_origin(field.type) is Union else ()))
    marks = [mark for kind in kinds if get_origin(kind) is Annotated for mark in get_args(kind)[1:]]
    return tuple(mark for mark in marks if isinstance(mark, Bound))


def _without_bounds(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _words(bounds: tuple[Bound, ...]) -> str:
    """Join bounds into the words of a message.

    >>> _words((AtLeast(0), AtMost(180, "degrees"))), _words((AtLeast(0), Below(1)))
    ('from 0 to 180 degrees', 'at least 0 and below 1')
    >>> _words((AtLeast(0, "seconds"),))
    '0 or more seconds'
    """
    match bounds:
        case [AtLeast(limit=0)]:
            words = "0 or more"
        case [AtLeast(limit=low), AtMost(limit=high)]:
            words = f"from {_number(low)} to {_number(high)}"
        case _:
            words = " and ".join(map(str, bounds))
    return " ".join([words, *dict.fromkeys(bound.unit for bound in bounds if bound.unit)])


def _number(value: float) -> str:
    """Return a limit as text, with all digits of a whole number."""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
