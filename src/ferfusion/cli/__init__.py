"""The command line: one file per user action; each parses, calls and prints."""

import os
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.config import Toml

from ferfusion import __version__
from ferfusion.errors import ConfigError, FerfusionError

SPIN_COUNT = "10000"
"""Rounds, together less than a tenth of a millisecond, that a waiting thread spins; by GCC 300,000."""
COMMANDS = MappingProxyType(
    {
        "prepare": "Cut faces and optical flow out of a corpus of labelled videos.",
        "split": "Divide a dataset into train, validation and test parts with their own subjects.",
        "train": "Train a model on a dataset.",
        "evaluate": "Measure a trained run, draw its figures and write its report.",
        "study": "Train variants with several seeds and compare them with honest statistics.",
        "compare": "Set several runs side by side.",
        "predict": "Read the displayed expressions out of videos.",
        "webcam": "Read the displayed expressions off a camera or a stream.",
        "explain": "Show where a model looked, and how much each stream contributed.",
        "import-keras": "Turn a model that Keras trained into a bundle.",
        "export": "Write a trained model as an ONNX file.",
        "synthesize": "Render a corpus of labelled expression videos with known motion.",
        "doctor": "Look the installation over and say how to mend it.",
        "demo": "Run the main job on the sample corpus that comes with the package.",
    }
)


def build_app(chosen: str = "") -> App:
    """Return the command line; a command's module is imported when the command is used.

    The command that was chosen describes itself; the others only need their line in the list.
    """
    app = App(
        name="ferfusion",
        help="Facial expression recognition from video: prepare, split, train, evaluate, predict.",
        version=__version__,
        help_on_error=False,
    )
    for name, line in COMMANDS.items():
        function = name.replace("-", "_")
        app.command(f"ferfusion.cli.{function}:{function}", name=name, help=None if name == chosen else line)

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        config: Path | None = None,
    ) -> None:
        """Run a command.

        Args:
            tokens: The command and its arguments.
            config: TOML file with a table of settings for each command, such as [train]; an argument
                on the command line goes before it.
        """
        if config is not None:
            if not config.is_file():
                raise ConfigError(f"There is no settings file {config}")
            app.config = Toml(config, must_exist=True)
        app(tokens)

    return app


def spare_processors() -> None:
    """Let threads that wait for each other soon sleep (GCC's OpenMP), unless the user has set for how long.

    Where other programs want the same processors, a thread that spins keeps those from working that it waits
    for: measured on two busy processors, a training step took 4.7 s, and 0.7 s with this. torch must not have
    been imported yet.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)


def main() -> None:
    """Run the command line; an error that a user can mend is one line and exit code 2."""
    spare_processors()
    try:
        chosen = next((word for word in sys.argv[1:] if word in COMMANDS), "")
        build_app(chosen).meta()
    except FerfusionError as error:
        print(f"ferfusion: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("ferfusion: stopped; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
