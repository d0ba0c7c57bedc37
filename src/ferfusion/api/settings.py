"""Check the arguments of the verbs: settings by keyword, and paths as text."""

from collections.abc import Iterable, Mapping
from dataclasses import Field, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from ferfusion.addresses import Address, check_out
from ferfusion.errors import ConfigError
from ferfusion.files import check_output_folder, no_such
from ferfusion.lookup import choose
from ferfusion.recipe import value_types
from ferfusion.urls import is_address, lost_slash

Recipe = TypeVar("Recipe")
PathOrText = str | PathLike[str]


def with_settings(kind: type[Recipe], given: Recipe | None, settings: Mapping[str, Any]) -> Recipe:
    """Return a recipe with other values for some of its fields.

    Args:
        kind: The recipe's class.
        given: The recipe; by default, the one with default values.
        settings: Values by the names of fields.

    Raises:
        ConfigError: a name is no field of the recipe, or a value cannot be used.
    """
    [changed] = with_settings_of_each([(kind, given)], settings)
    return cast(Recipe, changed)


def with_settings_of_each(recipes: list[tuple[Any, Any]], settings: Mapping[str, Any]) -> list[Any]:
    """Return recipes with other values for some fields; each setting changes the recipe that has its field.

    Raises:
        ConfigError: a name is no field of any of them, or a value cannot be used.
    """
    known = {field.name: field for kind, _ in recipes for field in fields(kind)}
    checked = {}
    for name, value in settings.items():
        checked[name] = _checked(choose(known, name, what="setting"), value)
    changed = []
    for kind, given in recipes:
        if given is not None and not isinstance(given, kind):
            raise ConfigError(
                f"Settings are given by keyword, or as a {kind.__name__}; "
                f"got {given!r} ({type(given).__name__})"
            )
        own = {field.name for field in fields(kind)}
        changed.append(
            replace(given or kind(), **{name: value for name, value in checked.items() if name in own})
        )
    return changed


def _checked(field: "Field[Any]", value: Any) -> Any:
    """Return a value in the type of its field, or refuse it."""
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value
    types = value_types(field)
    named = [choice for kind in types if get_origin(kind) is Literal for choice in get_args(kind)]
    if isinstance(value, str) and value in named:
        return value
    kinds = tuple(get_origin(kind) or kind for kind in types if get_origin(kind) is not Literal)
    if isinstance(value, bool):
        fits = bool in kinds
    else:
        fits = any(isinstance(value, kind) for kind in kinds) or (float in kinds and isinstance(value, int))
    if fits:
        return value
    if kinds == (str,) and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # such as every=5, folds=5
    words = " or ".join((*named, *("None" if kind is type(None) else kind.__name__ for kind in kinds)))
    raise ConfigError(f"{field.name} must be of type {words}, got {value!r} ({type(value).__name__})")


def as_path(place: PathOrText) -> Path:
    """Return a path or text as a path, with ``~`` as the user's folder.

    Raises:
        ConfigError: the value is neither text nor a path, or is empty, or is an address, also one that has
            lost a slash as a Path: ``s3:/bucket/folder``.
    """
    if not isinstance(place, str | PathLike) or not str(place):
        raise ConfigError(f"A path must be text or a Path, got {place!r} ({type(place).__name__})")
    address = place if isinstance(place, str) and is_address(place) else lost_slash(str(place))
    if address is not None:
        raise ConfigError(
            f"{Address(address)} is an address, and only predict reads and writes addresses; name a path"
        )
    path = Path(place)
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user
        return path


def as_place(place: PathOrText) -> Path | Address:
    """Return text with a scheme, such as s3://bucket/clip.mp4, as an address, and all else as a path.

    Raises:
        ConfigError: the value is neither text nor a path, or is empty.

    >>> str(as_place("gs://bucket/clip.mp4")), as_place("clip.mp4").name
    ('gs://bucket/clip.mp4', 'clip.mp4')
    """
    return Address(place) if isinstance(place, str) and is_address(place) else as_path(place)


def as_folder(place: PathOrText) -> Path:
    """Return the path of a folder to write to.

    Raises:
        ConfigError: the path is a file or lies inside one, or it is an address.
        FileError: no file can be written there.
    """
    path = as_path(place)
    check_output_folder(path)
    return path


def as_predictions_folder(place: PathOrText) -> Path | Address:
    """Return the folder to write predictions to, before a model is loaded for them.

    Raises:
        ConfigError: the path is a file, or ``videos.csv`` in it is no table of predictions; or the address
            cannot have predictions.
        FileError: no file can be written there.
        MissingExtraError: a package for the address is missing.
    """
    from ferfusion.inference.videos_table import VideosTable  # noqa: PLC0415 takes time

    named = as_place(place)
    if isinstance(named, Address):
        check_out(named)
        return named
    check_output_folder(named)
    VideosTable(named)
    return named


def as_new_file(place: PathOrText) -> Path:
    """Return the path of a file to write.

    Raises:
        ConfigError: the path is a folder, a pipe or a device, or lies inside a file.
        FileError: no file can be written there.
    """
    path = as_path(place)
    if path.exists() and not path.is_file():
        raise ConfigError(f"{no_such(path)}; name a file to write")
    as_folder(path.parent)
    return path


def check_workers(workers: int | None) -> None:
    """Refuse a number of workers below 1.

    Raises:
        ConfigError: the number is below 1, or no integer.
    """
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise ConfigError(f"workers must be a whole number from 1 on, got {workers!r}")


def as_plan_has_it(name: str, value: Any) -> Any:
    """Return a setting in the type of the plan's field: several names as a tuple."""
    if name in ("variants", "train_on", "test_on"):
        value = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else value
        if isinstance(value, tuple) and not all(isinstance(one, str) for one in value):
            example = "'fusion=gap-sum'" if name == "variants" else "the name of a dataset"
            raise ConfigError(f"{name} must be text, such as {example}; got {value!r}")
    return value
