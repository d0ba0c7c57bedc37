"""Import an optional dependency, or name the line that installs it."""

from importlib import import_module
from types import ModuleType

from ferfusion.errors import MissingExtraError


def require(module: str, *, extra: str) -> ModuleType:
    """Return the imported ``module``.

    Raises:
        MissingExtraError: it is not installed; the message has the install line.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise _missing(error.name, extra) from error


def _missing(package: str, extra: str) -> MissingExtraError:
    return MissingExtraError(
        f"This needs the package {package!r}, which is not installed. "
        f"Install it with: pip install 'ferfusion[{extra}]'"
    )
