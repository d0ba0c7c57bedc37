"""Self-contained HTML pages: templates, number formats, images inside the page."""

import base64
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined

from ferfusion import __version__
from ferfusion.parts import part_title, part_words
from ferfusion.reporting.words import counted

_NOTHING = "n/a"


def render_page(template: str, *, images: Mapping[str, Path], **values: Any) -> str:
    """Fill a template of ``reporting/templates``; the page contains every image as data."""
    return (
        _environment()
        .get_template(template)
        .render(
            version=__version__,
            images={key: data_uri(path.read_bytes()) for key, path in images.items()},
            **values,
        )
    )


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """Return the content of an image file as a data URI."""
    return f"data:{kind};base64," + base64.b64encode(content).decode("ascii")


def percent(share: float) -> str:
    r"""Format a share for people.

    >>> percent(0.5466), percent(float("nan"))
    ('54.7\xa0%', 'n/a')
    """
    return _NOTHING if math.isnan(share) else f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


class Interval(Protocol):
    """The two ends of an interval."""

    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102


def interval_text(interval: Interval) -> str:
    r"""Format an interval of a share.

    >>> from ferfusion.evaluation.uncertainty import Interval
    >>> interval_text(Interval(0.351, 0.875))
    '35 to 88\xa0%'
    """
    if math.isnan(interval.low) or math.isnan(interval.high):
        return _NOTHING
    return f"{100 * interval.low:.0f} to {100 * interval.high:.0f}\N{NO-BREAK SPACE}%"


def points_text(difference: float) -> str:
    """Format a difference of two shares, in percentage points.

    >>> points_text(0.034), points_text(-0.001)
    ('+3.4', '−0.1')
    """
    return _NOTHING if math.isnan(difference) else f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def points_interval_text(interval: Interval) -> str:
    """Format an interval of a difference, in percentage points.

    >>> from ferfusion.evaluation.uncertainty import Interval
    >>> points_interval_text(Interval(-0.021, 0.106)), points_interval_text(Interval(math.nan, math.nan))
    ('−2.1 to +10.6', 'n/a')
    """
    if math.isnan(interval.low) or math.isnan(interval.high):
        return _NOTHING
    return f"{points_text(interval.low)} to {points_text(interval.high)}"


def p_text(p: float) -> str:
    """Format a p-value.

    >>> p_text(0.0304), p_text(0.00004), p_text(float("nan"))
    ('0.030', '< 0.001', 'n/a')
    """
    if math.isnan(p):
        return _NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def minutes_text(seconds: float) -> str:
    """Format a duration.

    >>> minutes_text(183.4), minutes_text(42)
    ('3.1 minutes', '42 seconds')
    """
    return f"{seconds / 60:.1f} minutes" if seconds >= 60 else counted(round(seconds), "second")


def _number(value: Any) -> str:
    return _NOTHING if value is None else f"{value:,.0f}"


def _share(value: float) -> str:
    return _NOTHING if math.isnan(value) else f"{value:.2f}"


def _people(number: int) -> str:
    return "one person" if number == 1 else counted(number, "person")


def _css_length(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.2f}%"


@lru_cache(maxsize=1)  # reading a template takes longer than filling it
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ferfusion.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "interval": interval_text,
        "points": points_text,
        "points_interval": points_interval_text,
        "p": p_text,
        "number": _number,
        "share": _share,
        "people": _people,
        "counted": counted,
        "css": _css_length,
        "part": part_words,
        "part_title": part_title,
    }
    return environment
