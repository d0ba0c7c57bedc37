"""The page ``docs/tables.md``: every column of every CSV table that the program writes."""

from fnmatch import fnmatch

from ferfusion.reporting.columns.datasets import DATASETS
from ferfusion.reporting.columns.kinds import TableKind
from ferfusion.reporting.columns.predictions import PREDICTIONS
from ferfusion.reporting.columns.runs import MEASUREMENTS, RUNS
from ferfusion.reporting.columns.studies import STUDIES
from ferfusion.reporting.columns.tabulated import TABULATED

TABLES = (*DATASETS, *RUNS, *MEASUREMENTS, *STUDIES, *PREDICTIONS, *TABULATED)
_HEAD = """# Every column of every table

All tables are CSV files in UTF-8, with commas, a decimal point and one header line. An empty cell is a value
that does not exist. Text that a spreadsheet would take for a formula has an apostrophe before it.
Made from `src/ferfusion/reporting/columns/` by `python docs/make_tables.py`.

Words that come again:

- **face**: the number of a face in a video or photograph. Face 0 has the largest box area, summed over all
  frames. `predict` and `explain` give a face the same number; `webcam` numbers faces as they appear.
- **expression**: the class with the highest probability, of one frame, pair or video.
- **smoothed**: the name of the expression after smoothing over time: a class, or `no clear expression`
  (`unsure`, of a model with a class of a face at rest) where no class reaches the model's threshold.
- **class** in a column's name: a class of the model in lower case, with underscores for blanks, such as
  `p_happiness` and, of a class of one's own, `p_alegría`.
- **nats**: log-odds with the natural logarithm, log(p / (1 - p)). +0.7 doubles the odds, -0.7 halves them.
- **low, high**: the ends of an interval, over people unless a column says otherwise.
"""


def table_kind(folder: str, file: str) -> TableKind | None:
    """Return the kind of a table; None if there is none.

    Args:
        folder: The folder that it lies in, as a word.
        file: Its path in that folder, with slashes.

    >>> table_kind("RUN", "confusion_test_video.csv").command
    'evaluate'
    """
    found = (each for each in TABLES if each.folder == folder)
    return next((each for each in found if any(fnmatch(file, pattern) for pattern in each.files)), None)


def tables_page() -> str:
    """Return ``docs/tables.md``."""
    parts = [_HEAD]
    for table in TABLES:
        names = ", ".join(f"`{table.folder}/{file}`" for file in table.files)
        parts.append(f"## {names}\n\nWritten by `{table.command}`. A row is {table.row}.\n")
        lines = [f"| `{column.name}` | {column.kind} | {column.text} |" for column in table.columns]
        parts.append("\n".join(["| column | cells | meaning |", "|---|---|---|", *lines]) + "\n")
    return "\n".join(parts)
