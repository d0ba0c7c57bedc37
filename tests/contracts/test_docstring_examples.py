"""Every example in a docstring runs and gives what it says."""

import doctest
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from ferfusion.errors import MissingExtraError

PACKAGE = Path(find_spec("ferfusion").submodule_search_locations[0])
EXTRAS = {
    "anny",
    "fastapi",
    "gradio",
    "h5py",
    "imblearn",
    "onnx",
    "onnxruntime",
    "openpyxl",
    "ray",
    "uvicorn",
}


def module_names():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("ferfusion", *path.relative_to(PACKAGE).with_suffix("").parts)
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def with_examples():
    """Names of the modules that have an example, read from the text: importing all of them takes long."""
    for name in module_names():
        # those of the front door build on one another: tests/integration/test_front_door.py
        if not name.startswith("ferfusion.api.") and ">>> " in Path(find_spec(name).origin).read_text(
            encoding="utf-8"
        ):
            yield name


@pytest.mark.parametrize("name", list(with_examples()))
def test_examples(name):
    try:
        module = import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    except ModuleNotFoundError as error:
        if error.name.split(".")[0] not in EXTRAS:
            raise
        pytest.skip(f"needs {error.name}")
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for case in doctest.DocTestFinder().find(module, name):
        runner.run(case)
    assert runner.tries > 0
    assert runner.failures == 0
