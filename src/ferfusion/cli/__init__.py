"""The command line: one file per user action; each parses, calls and prints."""

import sys

from cyclopts import App

from ferfusion import __version__
from ferfusion.errors import FerfusionError

_COMMANDS = ("prepare", "split")


def build_app() -> App:
    """Return the command line; a command's module is imported when the command is used."""
    app = App(
        name="ferfusion",
        help="Facial expression recognition from video: prepare, train, evaluate, predict.",
        version=__version__,
    )
    for name in _COMMANDS:
        app.command(f"ferfusion.cli.{name.replace('-', '_')}:{name.replace('-', '_')}", name=name)
    return app


def main() -> None:
    """Run the command line; an error that a user can mend is one line and exit code 2."""
    try:
        build_app()()
    except FerfusionError as error:
        print(f"ferfusion: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("ferfusion: stopped; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
