"""``ferfusion tabulate RESULT OUT``: a result as long tables for other programs."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import ferfusion as fer
from ferfusion.cli.verbs import command_of


@command_of(fer.tabulate)
def tabulate(
    result: Path, out: Annotated[Path, Parameter(help="Folder to write, new or of earlier tables.")]
) -> None:
    """Write the tables, and print the rows of each."""
    rows = fer.Tables(result).save(out)
    for name, number in rows.items():
        files = sorted(path.name for path in out.glob(f"{name}.*"))
        rows_words = f"{number:,} row{'' if number == 1 else 's'}"
        print(f"{out / files[0]}: {rows_words}{', also as Parquet' if len(files) > 1 else ''}")
    print(f"Every column is described in {out / 'columns.csv'}")
