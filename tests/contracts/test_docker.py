"""The Dockerfile and compose.yaml, as far as they can be tested without Docker."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from ferfusion.cli import build_app

CHECKOUT = Path(__file__).parents[2]
STEPS = re.sub(r"\\\n\s*", "", (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")).splitlines()


def steps(word):
    return [line.removeprefix(f"{word} ") for line in STEPS if line.startswith(f"{word} ")]


def test_command_is_one_that_the_command_line_understands():
    [command] = steps("CMD")
    program, name, *_ = tokens = json.loads(command)
    assert (program, name) == ("ferfusion", "app")
    _, bound, _ = build_app("app").parse_args(tokens[1:], exit_on_error=False, print_error=False)
    assert bound.arguments["host"] == "0.0.0.0"
    assert bound.kwargs["port"] == 8000 if "port" in bound.kwargs else bound.arguments["port"] == 8000


def test_steps_install_what_there_is_with_the_tested_versions():
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    installs = [line for line in steps("RUN") if line.startswith("pip install")]
    assert len(installs) == 2
    assert all("-c constraints.txt" in line for line in installs)
    assert set(re.findall(r"\.\[([\w,]+)\]", installs[1])[0].split(",")) <= set(extras)
    for line in steps("COPY"):
        *sources, _ = line.split()
        assert all((CHECKOUT / source).exists() for source in sources)


def test_image_does_not_run_as_root_and_has_a_health_check():
    assert steps("USER") == ["10001"]
    assert STEPS.index("USER 10001") < next(n for n, line in enumerate(STEPS) if line.startswith("CMD"))
    assert "/api/v1/health" in "".join(steps("HEALTHCHECK"))


def test_compose_gives_no_more_rights_than_needed():
    yaml = pytest.importorskip("yaml")
    service = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]["ferfusion"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    assert service["volumes"][1].endswith(":ro")
    assert ":?" in service["environment"]["FERFUSION_APP_TOKEN"]
