import inspect
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

import ferfusion as fer
from ferfusion.api.settings import PathOrText
from ferfusion.cli.verbs import command_of

VERBS = {
    "prepare": fer.prepare,
    "check": fer.check,
    "split": fer.split,
    "train": fer.train,
    "evaluate": fer.evaluate,
    "study": fer.study,
    "compare": fer.compare,
    "predict": fer.predict,
    "webcam": fer.live,
    "import_keras": fer.import_keras,
    "import_onnx": fer.import_onnx,
    "export": fer.export,
    "synthesize": fer.synthesize,
}
"""The verb that each command is made from."""
NOT_ON_THE_COMMAND_LINE = {"progress", "settings", "fps"}


def verb(
    source: PathOrText,
    *,
    model: PathOrText | None = None,
    recipe: fer.EvaluateRecipe | None = None,
    text: str = "a",
    number: int = 3,
    progress: bool = True,
    **settings: Any,
) -> None:
    """Do something."""


def parameters_of(command):
    return inspect.signature(command).parameters


@pytest.mark.parametrize("name", VERBS)
def test_command_has_every_argument_of_its_verb(name):
    command, verb = getattr(import_module(f"ferfusion.cli.{name}"), name), VERBS[name]
    assert command.__doc__ == verb.__doc__
    assert set(parameters_of(verb)) - NOT_ON_THE_COMMAND_LINE <= set(parameters_of(command))
    assert not NOT_ON_THE_COMMAND_LINE & set(parameters_of(command))


def test_command_of_takes_types_and_defaults_from_the_verb():
    @command_of(verb)
    def command(*given: Any, **settings: Any) -> None:
        """Not shown."""

    found = parameters_of(command)
    assert list(found) == ["source", "model", "recipe", "text", "number"]
    assert [found[name].annotation for name in ("source", "model", "text", "number")] == [
        Path,
        Path | None,
        str,
        int,
    ]
    assert get_args(found["recipe"].annotation)[0] == fer.EvaluateRecipe | None
    assert (found["text"].default, found["number"].default) == ("a", 3)
    assert command.__doc__ == "Do something."


def test_command_of_keeps_what_the_command_declares():
    @command_of(verb, options={"model": "--bundle"}, without=frozenset({"text"}))
    def command(source: int = 0, *, number: int = 7, extra: bool = False, **settings: Any) -> None:
        """Not shown."""

    found = parameters_of(command)
    assert list(found) == ["source", "model", "recipe", "number", "extra"]
    assert (found["source"].default, found["number"].default) == (0, 7)
    kind, option = get_args(found["model"].annotation)
    assert (kind, option.name) == (Path | None, ("--bundle",))


def test_command_of_takes_an_argument_any_number_of_times():
    @command_of(verb, several="source")
    def command(*source: Path, **settings: Any) -> None:
        """Not shown."""

    parameter = parameters_of(command)["source"]
    assert (parameter.kind, parameter.annotation) == (parameter.VAR_POSITIONAL, Path)
