"""The command line: one file per user action; each parses, calls and prints."""

import gc
import os
import sys
import tomllib
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

from cyclopts import App, Parameter
from cyclopts.config import Toml

from ferfusion import __version__
from ferfusion.errors import ConfigError, FerfusionError, file_errors, in_one_line

COMMANDS = (
    "prepare",
    "label",
    "check",
    "split",
    "train",
    "evaluate",
    "study",
    "compare",
    "predict",
    "webcam",
    "app",
    "explain",
    "tabulate",
    "import-keras",
    "import-onnx",
    "export",
    "synthesize",
    "fetch",
    "doctor",
    "demo",
)
_LARGEST_SETTINGS_BYTES = 2**14
"""The memory for a key grows with the square of its parts."""
_COLLECTION = (50_000, 20, 100)
"""Thresholds of the garbage collector. With Python's own, it reads all objects of the imported packages again
and again while these are imported: a sixth of the time of a short command."""


def build_app(chosen: str = "") -> App:
    """Return the command line.

    If a command is chosen, only its module is imported; otherwise all are, for the list of commands. The
    command line raises ConfigError for a settings file that is missing or has a table of no command.
    """
    app = App(
        name="ferfusion",
        help="Facial expression recognition from video: prepare, split, train, evaluate, predict.",
        version=__version__,
        help_on_error=False,
    )
    app.suppress_keyboard_interrupt = app.meta.suppress_keyboard_interrupt = False  # main reports it
    for name in COMMANDS:
        function = name.replace("-", "_")
        module = f"ferfusion.cli.{function}"
        app.command(f"{module}:{function}" if chosen else getattr(import_module(module), function), name=name)

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        config: Path | None = None,
    ) -> None:
        """Run a command.

        Args:
            tokens: The command and its arguments.
            config: TOML file with a table of settings for each command, such as [train]; the command line
                overrides it.
        """
        if config is not None:
            check_settings_file(config)
            app.config = Toml(config, must_exist=True)
        app(tokens)

    return app


def check_settings_file(path: Path) -> None:
    """Check that every table of a settings file has the name of a command.

    Raises:
        ConfigError: the file is missing, is no TOML, or has another table, or a setting outside of a table.
    """
    try:
        if not path.exists():
            raise ConfigError(f"There is no settings file {path}")
        if not path.is_file():
            raise ConfigError(f"{path} is a folder, a pipe or a device, not a settings file")
        if path.stat().st_size > _LARGEST_SETTINGS_BYTES:
            raise ConfigError(
                f"The settings file {path} has more than {_LARGEST_SETTINGS_BYTES:,} bytes; "
                "name a TOML file with a table of settings for each command"
            )
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The settings file {path} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"The settings file {path} is not TOML ({in_one_line(error)})") from error
    for name, settings in tables.items():
        if not isinstance(settings, dict):
            raise ConfigError(
                f"{path} has {name} outside of a table; put it below the name of its command, such as [train]"
            )
        if name not in COMMANDS:
            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"Unknown table {name!r} in {path}; it must be one of {', '.join(COMMANDS)}.{hint}"
            )


def main() -> None:
    """Run the command line; an error that a user can fix is one line and exit code 2."""
    gc.set_threshold(*_COLLECTION)
    if isinstance(sys.stdout, TextIOWrapper):  # a file name may have what the terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            chosen = next((word for word in sys.argv[1:] if word in COMMANDS), "")
            with file_errors():
                build_app(chosen).meta()
        finally:
            gc.freeze()  # the process ends: nothing is left to be collected
            sys.stdout.flush()  # Python does it after this function, and prints a traceback of an error
    except FerfusionError as error:
        _end(str(error), code=2)
    except KeyboardInterrupt:
        _end("stopped; run the same command again to resume", code=130)
    except BrokenPipeError:  # the reader has what it wants, such as head
        _end("", code=1)
    except OSError as error:  # of no file with a name
        _end(f"Cannot write the output or a temporary file: {error.strerror or in_one_line(error)}", code=2)


def _end(message: str, *, code: int) -> NoReturn:
    """End with a message; output that cannot be written is dropped."""
    with suppress(OSError):
        if message:
            print(f"ferfusion: {message}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError), Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
    sys.exit(code)
