"""The files that a release consists of beside the code."""

import re
from pathlib import Path

import pytest

import ferfusion

CHECKOUT = Path(__file__).parents[2]


def test_citation_has_the_version_and_the_licence_of_the_package():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == ferfusion.__version__
    assert citation["license"] == "MIT"
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_issue_forms_have_fields_with_labels():
    yaml = pytest.importorskip("yaml")
    forms = sorted((CHECKOUT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert [form.stem for form in forms] == ["fault", "wish"]
    for form in forms:
        body = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
        assert all(field["attributes"]["label"] for field in body)


def test_workflow_only_calls_the_makefile():
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    targets = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.M)
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert runs == ["make test", "make installs", "make docs"]
    assert {run.removeprefix("make ") for run in runs} <= set(targets)
