"""A command is described where its verb is: in the docstring of the front door."""

from collections.abc import Callable
from typing import Any, TypeVar

Command = TypeVar("Command", bound=Callable[..., Any])


def described_by(verb: Callable[..., Any]) -> Callable[[Command], Command]:
    """Give a command the docstring of a verb of the front door."""

    def describe(command: Command) -> Command:
        command.__doc__ = verb.__doc__
        return command

    return describe
