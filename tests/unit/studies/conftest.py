"""A finished study of fabricated runs; no test changes it."""

import pytest

from ferfusion.studies.cross_findings import gather_cross
from ferfusion.studies.findings import gather
from helpers.cross_corpora import write_cross_study
from helpers.fabricated_study import write_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def findings(study):
    return gather(study)


@pytest.fixture(scope="session")
def cross_study(tmp_path_factory):
    return write_cross_study(tmp_path_factory.mktemp("cross"))


@pytest.fixture(scope="session")
def cross_findings(cross_study):
    return gather_cross(cross_study)
