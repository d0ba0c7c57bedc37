"""Progress on the command line: messages, and a bar with rate, time spent and time left."""

from rich.console import Console

from ferfusion.progress import TerminalBar

console = Console()


def progress_bar() -> TerminalBar:
    """Return a bar for the terminal, which prints messages above it."""
    return TerminalBar(console, keeps_messages=True)
