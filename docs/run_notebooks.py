"""Run the notebooks in an empty folder, and keep their outputs: python docs/run_notebooks.py [NAME ...]."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SECONDS = 600
"""Longest time of a cell."""


def run(path: Path, folder: Path) -> Any:
    """Return a notebook with the outputs of a run in a folder, without what differs from run to run."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(folder)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")):
        place = NOTEBOOKS / f"{name}.ipynb"
        with tempfile.TemporaryDirectory() as scratch:
            executed = run(place, Path(scratch))
        nbformat.write(executed, place)
        print(place)
