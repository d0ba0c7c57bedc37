"""The base of every recipe: bounds stand in the types of its fields, and one function checks all of them."""

from dataclasses import Field, asdict, dataclass, fields
from math import isfinite
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin

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
            ConfigError: a key is not a setting of this version, or a value is out of bounds.
        """
        refuse_unknown(cls, values, what=cls.described_as)
        return cls(**values)


def check_bounds(settings: Any) -> None:
    """Check the value of every field of a dataclass against the bounds in the field's type; None has none.

    Raises:
        ConfigError: a value is not a finite number, not a whole one where the type is int, or out of bounds.

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
        if not bounds or value is None:
            continue
        if not isinstance(value, Real) or isinstance(value, bool):
            raise ConfigError(f"{field.name} must be a number, got {value!r}")
        if value_type(field) is int and isfinite(value) and not isinstance(value, Integral):
            raise ConfigError(f"{field.name} must be a whole number, got {value!r}")
        if not (isfinite(value) and all(bound.allows(float(value)) for bound in bounds)):
            raise ConfigError(f"{field.name} must be {_words(bounds)}, got {value}")


def value_type(field: "Field[Any]") -> Any:
    """Return the type of a field's value, without the bounds that are annotated."""
    return get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type


def bounds_of(field: "Field[Any]") -> tuple[Bound, ...]:
    """Return the bounds that are annotated on a field."""
    if get_origin(field.type) is not Annotated:
        return ()
    return tuple(mark for mark in get_args(field.type)[1:] if isinstance(mark, Bound))


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
