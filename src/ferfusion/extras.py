"""Import an optional dependency, or name the line that installs it."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
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


def folder_of(package: str, *, extra: str) -> Path:
    """Return the folder of an installed ``package``, for the data files in it, without running its code.

    Raises:
        MissingExtraError: it is not installed; the message has the install line.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise _missing(package, extra)
    return Path(spec.origin).parent


def _missing(package: str, extra: str) -> MissingExtraError:
    return MissingExtraError(
        f"This needs the package {package!r}, which is not installed. "
        f"Install it with: pip install 'ferfusion[{extra}]'"
    )
