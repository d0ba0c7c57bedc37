"""A finished study of fabricated runs; no test changes it."""

import pytest

from ferfusion.studies.findings import gather
from helpers.fabricated_study import write_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def findings(study):
    return gather(study)
