import pytest

from ferfusion.tabulation.read import read_result
from ferfusion.tabulation.schema import Schema
from helpers import tabulated


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """A study with votes and columns of people, and its table of variants."""
    return tabulated.write_study(tmp_path_factory.mktemp("tabulated") / "study")


@pytest.fixture(scope="session")
def schema(study):
    return Schema(read_result(study[0]))
