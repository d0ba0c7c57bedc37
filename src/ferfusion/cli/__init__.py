"""The command line: one file per user action; each parses, calls and prints."""

import sys
import tomllib
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.config import Toml

from ferfusion import __version__
from ferfusion.errors import ConfigError, FerfusionError

COMMANDS = (
    "prepare",
    "split",
    "train",
    "evaluate",
    "study",
    "compare",
    "predict",
    "webcam",
    "explain",
    "import-keras",
    "export",
    "synthesize",
    "fetch",
    "doctor",
    "demo",
)


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
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"There is no settings file {path}") from error
    except OSError as error:
        raise ConfigError(f"The settings file {path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"The settings file {path} is not TOML ({error})") from error
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
    if isinstance(sys.stdout, TextIOWrapper):  # a file name may have what the terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        chosen = next((word for word in sys.argv[1:] if word in COMMANDS), "")
        build_app(chosen).meta()
    except FerfusionError as error:
        print(f"ferfusion: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("ferfusion: stopped; run the same command again to resume", file=sys.stderr)
        sys.exit(130)
