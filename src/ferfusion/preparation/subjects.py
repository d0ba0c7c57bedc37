"""``subjects.csv`` of a dataset and of a run: the columns of people, such as age or sex."""

from pathlib import Path

import pandas as pd

from ferfusion.corpora.entries import CorpusListing
from ferfusion.corpora.people_columns import people_of
from ferfusion.errors import DatasetError, FerfusionError
from ferfusion.tables import read_table, refuse_rows, write_table


def write_subjects(path: Path, listing: CorpusListing) -> None:
    """Write the columns of the people of a listing, a row per person; no file without any."""
    rows = [{"subject": subject, **cells} for subject, cells in people_of(listing).items()]
    if rows:
        write_table(path, pd.DataFrame(rows))


def read_subjects(path: Path, *, error: type[FerfusionError] = DatasetError) -> pd.DataFrame:
    """Read ``subjects.csv``: a row per person, every cell as text.

    Raises:
        FerfusionError: ``error``, if the file is damaged, or a person comes twice.
    """
    advice = "delete it, and run the command that wrote it again"
    table = read_table(path, columns=("subject",), error=error, advice=advice)
    refuse_rows(path, table, table.duplicated("subject"), "subject", "comes twice", error=error)
    return table
