"""The public names of the package."""

import pkgutil

import pytest

import ferfusion as fer


def test_public_names_exist_are_documented_and_are_listed():
    for name in fer.__all__:
        value = getattr(fer, name)
        assert name == "__version__" or value.__doc__.strip()
        assert name in dir(fer)


def test_public_names_refuse_a_name_that_is_none():
    with pytest.raises(AttributeError, match="has no attribute 'predcit'"):
        fer.predcit  # noqa: B018


@pytest.mark.parametrize("name", [name for name in fer.__all__ if name.islower() and name != "__version__"])
def test_public_verbs_are_hidden_by_no_module(name):
    assert name not in {module.name for module in pkgutil.iter_modules(fer.__path__)}
