"""The notebooks run; what is kept of their outputs is small and names no place of a machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LARGEST = 600_000
"""In bytes; outputs of a notebook are images of a few colours and short tables."""
SHORTER = {'"epochs": 12': '"epochs": 4', "epochs=12": "epochs=4"}
"""Settings of a notebook that its test changes: with fewer epochs, each cell does the same."""
notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def shortened(path):
    """The content of a notebook with fewer epochs."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        for given, shorter in SHORTER.items():
            text = text.replace(given, shorter)
        cell["source"] = text.splitlines(keepends=True)
    return notebook


def test_every_setting_that_is_shortened_is_in_a_notebook():
    texts = [
        "".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
        for path in NOTEBOOKS
    ]
    assert [given for given in SHORTER if not any(given in text for text in texts)] == []


@pytest.mark.slow(25)
@notebooks
def test_notebook_runs_in_an_empty_folder(path, tmp_path):
    (tmp_path / path.name).write_text(json.dumps(shortened(path)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbmake", "--nbmake-timeout=600", path.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "1 passed" in done.stdout


def test_notebooks_are_four():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["1-", "2-", "3-", "4-"]


@notebooks
def test_notebook_has_small_outputs_of_one_run(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < LARGEST
    assert "/tmp" not in text
    assert "/home" not in text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert kinds <= {"execute_result", "display_data", "stream"}


@notebooks
def test_notebook_imports_the_front_door_and_nothing_deeper(path):
    lines = "".join(
        "".join(cell["source"]) + "\n"
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ).splitlines()
    ours = [line for line in lines if "import" in line and "ferfusion" in line]
    assert ours == ["import ferfusion as fer"]
