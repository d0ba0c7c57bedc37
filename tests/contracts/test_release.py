"""The files that a release consists of beside the code."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

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
    assert runs == ["make test", "make installs", "make lowest", "make test CONSTRAINTS=", "make docs"]
    assert {run.split()[1] for run in runs} <= set(targets)


def test_lowest_versions_are_the_bounds_of_the_project():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = ("actions", "app", "baum", "imbalance", "keras", "onnx", "synth")
    wanted = [
        *project["dependencies"],
        *(one for each in extras for one in project["optional-dependencies"][each]),
    ]
    bounds = {}
    for requirement in map(Requirement, wanted):
        [bounds[requirement.name]] = [
            str(one.version) for one in requirement.specifier if one.operator == ">="
        ]
    lines = (CHECKOUT / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert set(pinned) == set(bounds)
    for name, bound in bounds.items():
        # 4.13 is met first by 4.13.0.90
        assert Version(pinned[name]) in SpecifierSet(f"=={bound}.*"), name
