"""Commands made from the verbs of the front door, with their arguments, defaults and descriptions."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_args, get_origin

from cyclopts import Parameter

Command = TypeVar("Command", bound=Callable[..., Any])
_FOR_PYTHON = frozenset({"progress", "settings"})
"""Arguments that a verb has in Python only."""


def command_of(
    verb: Callable[..., Any],
    *,
    several: str = "",
    several_kind: type = Path,
    rest: tuple[str, str] | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
    without: frozenset[str] = frozenset(),
) -> Callable[[Command], Command]:
    """Give a command the arguments and the description of a verb.

    An argument that the command declares replaces the verb's argument of the same name, or is added.

    Args:
        verb: A verb of the front door.
        several: The argument that may be given any number of times.
        several_kind: Its type; str for paths and addresses.
        rest: Name and description of the paths that may follow all other arguments.
        options: Names of options by the argument's name, if they differ.
        without: Arguments that the command does not have.
    """

    def decorate(command: Command) -> Command:
        declared = {
            name: parameter
            for name, parameter in inspect.signature(command).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        }
        taken = {
            name: _parameter(parameter, several=several, several_kind=several_kind, options=options)
            for name, parameter in inspect.signature(verb).parameters.items()
            if name not in _FOR_PYTHON | without
        }
        if rest is not None:
            kind = Annotated[Path, Parameter(help=rest[1])]
            taken[rest[0]] = inspect.Parameter(rest[0], inspect.Parameter.VAR_POSITIONAL, annotation=kind)
        ordered = sorted({**taken, **declared}.values(), key=lambda parameter: parameter.kind)
        signature = inspect.Signature(ordered, return_annotation=None)
        command.__signature__ = signature  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in ordered}
        command.__doc__ = verb.__doc__
        return command

    return decorate


def _parameter(
    parameter: inspect.Parameter, *, several: str, several_kind: type, options: Mapping[str, str]
) -> inspect.Parameter:
    kind: Any = _on_the_command_line(parameter.annotation)
    if parameter.name in options:
        kind = Annotated[kind, Parameter(name=options[parameter.name])]
    if parameter.name == several:
        return inspect.Parameter(several, inspect.Parameter.VAR_POSITIONAL, annotation=several_kind)
    return parameter.replace(annotation=kind)


def _on_the_command_line(annotation: Any) -> Any:
    """Return the type of a verb's argument on the command line.

    A recipe becomes its settings, a value with a folder becomes a path, a sequence of names becomes text.

    >>> _on_the_command_line(str | PathLike[str] | None)
    pathlib.Path | None
    """
    kinds: tuple[Any, ...] = get_args(annotation) or (annotation,)
    optional = type(None) in kinds
    recipe: Any = next((kind for kind in kinds if is_dataclass(kind) and hasattr(kind, "to_dict")), None)
    if recipe is not None:
        return Annotated[recipe | None, Parameter(name="*", negative_iterable=())]
    if any(get_origin(kind) is PathLike for kind in kinds):
        return Path | None if optional else Path
    if str in kinds:
        return str | None if optional else str
    return annotation
