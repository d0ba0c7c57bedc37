"""Errors of the HTTP interface, as problem JSON (RFC 9457) with the one-line message."""

from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from ferfusion.errors import (
    BundleError,
    ConfigError,
    FerfusionError,
    FileError,
    MissingExtraError,
    VideoError,
)

PROBLEM_TYPE = "application/problem+json"
_STATUS_OF = MappingProxyType(
    {VideoError: 422, ConfigError: 400, BundleError: 422, MissingExtraError: 501, FileError: 507}
)


class Problem(FerfusionError):  # noqa: N818 the name of RFC 9457
    """An answer that is an error.

    Args:
        status: Status code of HTTP.
        detail: What was given, what is wanted, what to do: one line.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def status_of(error: FerfusionError) -> int:
    """Return the status code of an error.

    >>> status_of(Problem(404, "There is no such job")), status_of(ConfigError("epochs must be at least 1"))
    (404, 400)
    """
    if isinstance(error, Problem):
        return error.status
    return next((status for kind, status in _STATUS_OF.items() if isinstance(error, kind)), 422)


def problem_body(status: int, detail: str) -> dict[str, Any]:
    """Return the JSON object of an error.

    >>> problem_body(404, "There is no job 7")["title"]
    'Not Found'
    """
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
