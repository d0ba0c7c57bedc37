"""Write the long tables as CSV, and as Parquet where pyarrow is installed."""

from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from ferfusion.outputs import only_writer, refuse_other_files, replaced_result
from ferfusion.tables import Lines, with_safe_cells, write_table
from ferfusion.tabulation.rows import rows_of
from ferfusion.tabulation.schema import TABLES, Field, Schema, conform

FILES = ("columns.csv", *(f"{name}.{end}" for name in TABLES for end in ("csv", "parquet")))
"""The files that ``write_tables`` writes; the first one tells that a folder has such tables."""
Write = Callable[[pd.DataFrame, str], object]
"""Writes rows of a batch of predictions, whose number is empty for any other result."""
_ROWS_AT_ONCE = 100_000
"""Rows that a Parquet file keeps together; far fewer make it large and slow to read."""


def write_tables(schema: Schema, out: Path) -> dict[str, int]:
    """Write all tables of a result, and the description of their columns; return the rows of each.

    Memory holds the predictions of one training or model at a time. Parquet files of predictions in batches
    are partitioned: ``frames.parquet/batch=00001/0.parquet`` and so on.

    Raises:
        RunError: the folder holds something else, or a file of the result is damaged.
        FileError: another process writes the folder.
    """
    refuse_other_files(out, marker=FILES[0], files=FILES, what="the tables")
    rows = dict.fromkeys(TABLES, 0)
    with only_writer(out), replaced_result(out, earlier=FILES) as new:
        with ExitStack() as opened:
            writers = {
                name: [begin(new / name, schema.fields(name), opened) for begin in _formats()]
                for name in TABLES
            }

            def write(name: str, table: pd.DataFrame, batch: str = "") -> None:
                rows[name] += len(table)
                for each in writers[name]:
                    each(table, batch)

            for one in schema.result.observe():
                for name, table in rows_of(schema, one):
                    write(name, table, one.batch)
            write("variants", variants_table(schema))
        write_table(new / FILES[0], columns_table(schema))
    return rows


def variants_table(schema: Schema) -> pd.DataFrame:
    """Return a row per variant."""
    return conform(
        schema.result.variants.rename(columns=dict(schema.names("<setting>"))), schema.fields("variants")
    )


def columns_table(schema: Schema) -> pd.DataFrame:
    """Return a row per column of each table: ``table, column, name, kind, meaning``."""
    return pd.DataFrame(
        [
            {
                "table": name,
                "column": field.name,
                "name": field.source,
                "kind": field.column.kind,
                "meaning": field.column.text,
            }
            for name in TABLES
            for field in schema.fields(name)
        ]
    )


def _formats() -> tuple[Callable[[Path, tuple[Field, ...], ExitStack], Write], ...]:
    try:
        import_module("pyarrow.parquet")
    except ImportError:
        return (_begin_csv,)
    return _begin_csv, _begin_parquet


def _begin_csv(path: Path, fields: tuple[Field, ...], opened: ExitStack) -> Write:
    file: TextIO = opened.enter_context(
        path.with_suffix(".csv").open("w", encoding="utf-8", errors="backslashreplace", newline="")
    )

    def write(table: pd.DataFrame, _batch: str, *, header: bool = False) -> None:
        safe = with_safe_cells(table, index=False)
        safe.to_csv(Lines(file), index=False, header=header, lineterminator="\r\n")  # type: ignore[call-overload]

    write(pd.DataFrame(columns=[field.name for field in fields]), "", header=True)
    return write


def _begin_parquet(path: Path, fields: tuple[Field, ...], opened: ExitStack) -> Write:
    file = _ParquetFile(path.with_suffix(".parquet"), fields)
    opened.callback(file.close)
    return file.write


class _ParquetFile:
    """A Parquet file of one table; of batches, a folder with a file for each."""

    def __init__(self, path: Path, fields: tuple[Field, ...]) -> None:
        self._arrow: Any = import_module("pyarrow")
        kinds = {int: self._arrow.int64(), float: self._arrow.float64(), str: self._arrow.string()}
        self._schema = self._arrow.schema([(field.name, kinds[field.kind]) for field in fields])
        self._path, self._batch = path, ""
        self._waiting: list[pd.DataFrame] = []
        self._opened: ExitStack | None = None
        self._writer: Any = None

    def write(self, table: pd.DataFrame, batch: str) -> None:
        """Add rows; those of a batch are written one after the other."""
        if batch != self._batch and (self._waiting or self._opened):
            self.close()
        self._batch = batch
        self._waiting.append(table)
        if sum(map(len, self._waiting)) >= _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Write the rows that wait, and end the file; a table without rows has a file with its columns."""
        self._flush()
        assert self._opened is not None
        self._opened.close()
        self._opened = None

    def _flush(self) -> None:
        if self._opened is None:
            self._begin()
        if self._waiting:
            table = pd.concat(self._waiting, ignore_index=True)
            self._writer.write_table(
                self._arrow.Table.from_pandas(table, schema=self._schema, preserve_index=False)
            )
            self._waiting = []

    def _begin(self) -> None:
        parquet: Any = import_module("pyarrow.parquet")
        path = self._path / f"batch={self._batch}" / "0.parquet" if self._batch else self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._opened = ExitStack()
        file = self._opened.enter_context(path.open("wb"))
        self._writer = self._opened.enter_context(parquet.ParquetWriter(file, self._schema))
