"""The source distribution and the wheel: built, checked, and the wheel used from an empty folder."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from types import MappingProxyType

import pytest

import ferfusion

CHECKOUT = Path(__file__).parents[2]
IN_THE_WHEEL = (
    "py.typed",
    "sample/corpus.csv",
    "sample/s01/fear/s01_fear_1.mp4",
    "shipped/actions.safetensors",
    "reporting/templates/report.html.j2",
    "app/static/index.html",
    "app/static/js/app.js",
)
MOST_MEGABYTES = 25
MODULES_OF = MappingProxyType(
    {
        "actions": ("ai_edge_litert",),
        "app": ("fastapi", "uvicorn", "ferfusion.app.serve"),
        "baum": ("openpyxl",),
        "docs": ("mkdocs", "mkdocs_jupyter", "mkdocstrings"),
        "imbalance": ("imblearn",),
        "keras": ("h5py",),
        "onnx": ("onnx", "onnxruntime", "onnxscript"),
        "parquet": ("pyarrow",),
        "ray": ("ray",),
        "remote": ("aiohttp", "fsspec", "gcsfs", "s3fs"),
        "synth": ("anny",),
    }
)
"""What can be imported once an extra is installed."""
pytestmark = pytest.mark.installs


def new_environment(folder):
    """Make a virtual environment, and return its python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The python of a fresh virtual environment."""
    return new_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def built(environment, tmp_path_factory):
    """The folder with both distributions, of a copy of what is committed."""
    copy, out = tmp_path_factory.mktemp("copy") / "ferfusion", tmp_path_factory.mktemp("dist")
    subprocess.run(["git", "clone", "-q", CHECKOUT, copy], check=True)
    subprocess.run([environment, "-m", "pip", "install", "-q", "build", "twine"], check=True)
    subprocess.run([environment, "-m", "build", "-o", out, copy], check=True, capture_output=True)
    return out


def test_distributions_have_what_the_package_needs_and_pass_twine(environment, built):
    version = ferfusion.__version__
    wheel, source = built / f"ferfusion-{version}-py3-none-any.whl", built / f"ferfusion-{version}.tar.gz"
    assert sorted(built.iterdir()) == [wheel, source]
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"ferfusion/{name}" for name in IN_THE_WHEEL} <= names
    assert any(name.startswith("ferfusion/shipped/") and "faces" in name for name in names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
    with tarfile.open(source) as archive:
        assert {f"ferfusion-{version}/{name}" for name in ("LICENSE", "README.md", "pyproject.toml")} <= set(
            archive.getnames()
        )
    for file in (wheel, source):
        assert file.stat().st_size < MOST_MEGABYTES * 1e6
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    subprocess.run([environment, "-m", "twine", "check", "--strict", wheel, source], check=True)


def test_wheel_runs_its_demo_from_an_empty_folder(environment, built, tmp_path):
    [wheel] = built.glob("*.whl")
    constraints: list[str | Path] = ["-c", CHECKOUT / "constraints.txt"]
    subprocess.run([environment, "-m", "pip", "install", "-q", *constraints, wheel], check=True)
    done = subprocess.run(
        [environment, "-m", "ferfusion", "demo", "demo"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": str(environment.parent), "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    assert "ferfusion app demo" in done.stdout
    assert (tmp_path / "demo").is_dir()


def test_modules_are_named_of_every_extra_for_users():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(MODULES_OF) == set(project["optional-dependencies"]) - {"dev"}


@pytest.mark.parametrize("extra", MODULES_OF)
def test_extra_alone_is_installed_with_the_wheel_and_imported(extra, built, tmp_path):
    [wheel] = built.glob("*.whl")
    python = new_environment(tmp_path / "environment")
    constraints: list[str | Path] = ["-c", CHECKOUT / "constraints.txt"]
    subprocess.run([python, "-m", "pip", "install", "-q", *constraints, f"{wheel}[{extra}]"], check=True)
    code = f"import ferfusion, {', '.join(MODULES_OF[extra])}"
    subprocess.run([python, "-c", code], cwd=tmp_path, check=True)
    shutil.rmtree(tmp_path / "environment")
