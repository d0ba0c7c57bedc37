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
Write = Callable[[pd.DataFrame], object]


def write_tables(schema: Schema, out: Path) -> dict[str, int]:
    """Write all tables of a result, and the description of their columns; return the rows of each.

    Memory holds the predictions of one training or model at a time.

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

            def write(name: str, table: pd.DataFrame) -> None:
                rows[name] += len(table)
                for each in writers[name]:
                    each(table)

            for one in schema.result.observe():
                for name, table in rows_of(schema, one):
                    write(name, table)
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

    def write(table: pd.DataFrame, *, header: bool = False) -> None:
        safe = with_safe_cells(table, index=False)
        safe.to_csv(Lines(file), index=False, header=header, lineterminator="\r\n")  # type: ignore[call-overload]

    write(pd.DataFrame(columns=[field.name for field in fields]), header=True)
    return write


def _begin_parquet(path: Path, fields: tuple[Field, ...], opened: ExitStack) -> Write:
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    kinds = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    schema = arrow.schema([(field.name, kinds[field.kind]) for field in fields])
    file = opened.enter_context(path.with_suffix(".parquet").open("wb"))
    writer = opened.enter_context(parquet.ParquetWriter(file, schema))

    def write(table: pd.DataFrame) -> None:
        writer.write_table(arrow.Table.from_pandas(table, schema=schema, preserve_index=False))

    return write
