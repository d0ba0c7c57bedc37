"""Long tables of any result, for R, SPSS, pandas and other programs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ferfusion.api.settings import PathOrText, as_folder, as_path
from ferfusion.errors import file_errors
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from ferfusion.tabulation.schema import Schema


@dataclass(frozen=True, repr=False)
class Tables:
    """The long tables of a result; each is read from its files on first use.

    Attributes:
        result: The folder of the result.
    """

    result: Path

    @cached_property
    def _schema(self) -> "Schema":
        from ferfusion.tabulation.read import read_result  # noqa: PLC0415 pandas
        from ferfusion.tabulation.schema import Schema  # noqa: PLC0415

        return Schema(read_result(self.result))

    @cached_property
    def frames(self) -> "pd.DataFrame":
        """A row per tested pair, for each variant and seed; of ``predict``, per frame and face.

        Of a large study it has millions of rows: ``save`` writes them without keeping them in memory.
        """
        return self._rows("frames")

    @cached_property
    def videos(self) -> "pd.DataFrame":
        """A row per tested video, for each variant and seed: true class, expression, probabilities, votes."""
        return self._rows("videos")

    @cached_property
    def people(self) -> "pd.DataFrame":
        """A row per tested person, for each variant and seed; none where the people are not known."""
        return self._rows("people")

    @cached_property
    def variants(self) -> "pd.DataFrame":
        """A row per variant or model: its settings, and its scores with intervals and baselines."""
        from ferfusion.tabulation.write import variants_table  # noqa: PLC0415 pandas

        return variants_table(self._schema)

    @cached_property
    def columns(self) -> "pd.DataFrame":
        """``table, column, name, kind, meaning``: a row per column of each table."""
        from ferfusion.tabulation.write import columns_table  # noqa: PLC0415 pandas

        return columns_table(self._schema)

    @file_errors()
    def save(self, out: PathOrText) -> dict[str, int]:
        """Write the tables as CSV, and as Parquet where pyarrow is installed; return the rows of each.

        ``columns.csv`` describes every column. Memory holds the predictions of one training at a time.

        Args:
            out: Folder to write, new or of earlier tables.

        Raises:
            RunError: the folder holds something else, or a file of the result is damaged.
            FileError: another process writes the folder.
        """
        from ferfusion.tabulation.write import write_tables  # noqa: PLC0415 pandas

        folder = as_folder(out)  # checked before the result is read
        return write_tables(self._schema, folder)

    def _rows(self, name: str) -> "pd.DataFrame":
        import pandas as pd  # noqa: PLC0415

        from ferfusion.tabulation.rows import rows_of  # noqa: PLC0415 pandas

        found = self._schema.result.observe()
        tables = [dict(rows_of(self._schema, one))[name] for one in found]
        return pd.concat(tables, ignore_index=True)

    def __repr__(self) -> str:
        result = self._schema.result
        variants = counted(result.variants["variant"].nunique(), "variant")
        tables = counted(result.trainings, "table")
        return f"Tables({str(self.result)!r}: {variants}, {tables} of predictions)"

    def _repr_html_(self) -> str:
        """Return the columns of the tables, for a notebook."""
        from ferfusion.api.tables import titled_table  # noqa: PLC0415 pandas

        return titled_table(repr(self), self.columns)


@file_errors()
def tabulate(result: PathOrText) -> Tables:
    """Return a result as long tables that R, SPSS and pandas read without help.

    The tables are frames, videos, people and variants: a row for each, for every variant and seed. Names of
    columns have letters, digits and underscores only; an empty cell is a missing value.

    Args:
        result: The folder of a run, of a study (of trainings, of models or across corpora), of a measurement
            (evaluate --dataset), or of predict, whose true classes are not known.

    Raises:
        RunError: the folder has no result, or one of its files is missing or damaged.

    >>> tables = fer.tabulate("study")
    >>> tables
    Tables('study': 2 variants, 4 tables of predictions)
    >>> tables.videos.groupby(["variant", "seed"])["correct"].size().unique().tolist()
    [48]
    """
    tables = Tables(as_path(result))
    tables._schema  # noqa: B018 a wrong folder fails here
    return tables
