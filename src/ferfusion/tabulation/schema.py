"""The columns of the long tables of one result: their names, their order and their kinds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ferfusion.evaluation.groupings import is_missing
from ferfusion.reporting.columns.kinds import Column, TableKind
from ferfusion.reporting.columns.tabulated import TABULATED
from ferfusion.spelling import decimal_point
from ferfusion.tabulation.names import safe_names
from ferfusion.tabulation.result import Result

TABLES = ("frames", "videos", "people", "variants")
_OPTIONAL = ("tested_on", "clip", "face", "voted")
_SCORE = "<level>_<metric>"
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d{0,14})")
"""A float has 15 digits, and so has a number in R and SPSS."""
_NUMBER = re.compile(rf"({_WHOLE.pattern}(\.\d*)?|[-+]?\.\d+)(e[-+]?\d{{1,2}})?", re.IGNORECASE)
_KINDS = {"text": str, "whole number": int, "0 or 1": int}


@dataclass(frozen=True)
class Field:
    """A column of a table.

    Attributes:
        name: Its name, which every program takes.
        source: Its name before.
        column: Its description.
        kind: int, float or str.
    """

    name: str
    source: str
    column: Column
    kind: type


@dataclass(frozen=True)
class Schema:
    """The columns of the tables of a result.

    Attributes:
        result: The result.
    """

    result: Result

    def fields(self, table: str) -> tuple[Field, ...]:
        """Return the columns of a table, of the name of one in ``TABLES``."""
        return self._fields[table]

    def names(self, placeholder: str) -> Mapping[str, str]:
        """Return the names of the columns that a placeholder stands for, by what they are for."""
        return self._names[placeholder]

    @cached_property
    def people(self) -> pd.DataFrame:
        """The columns of people by their names in the tables, by subject; numbers where all cells are."""
        found = self.result.people
        if found is None:
            return pd.DataFrame()
        names = self.names("<column of people>")
        columns = {name: typed_cells(found[source]) for source, name in names.items()}
        return pd.DataFrame(columns).set_axis(pd.Index(found["subject"]))

    @cached_property
    def _names(self) -> dict[str, Mapping[str, str]]:
        """The names of the columns that depend on the result; a column of people gives way to all others."""
        result = self.result
        taken = {column.name for kind in TABULATED for column in kind.columns if "<" not in column.name}
        people = [] if result.people is None else list(result.people.columns.drop("subject"))
        scores = _scores_of(result)
        names: dict[str, Mapping[str, str]] = {_SCORE: dict(zip(scores, scores, strict=True))}
        for placeholder, texts, prefix, fallback in (
            ("<setting>", result.settings, "", "setting"),
            ("p_<class>", result.labels.names, "p_", "class"),
            ("votes_<choice>", result.choices, "votes_", "choice"),
        ):
            lower = [text.lower() for text in texts]
            plain = safe_names(lower, prefix=prefix, fallback=fallback, taken=taken)
            names[placeholder] = dict(zip(texts, plain.values(), strict=True))
            taken |= {*plain.values()}
        used = {name.lower() for name in taken}
        clashing = [text for text in people if safe_names([text])[text].lower() in used]
        free = safe_names([text for text in people if text not in clashing], taken=taken)
        other = safe_names(clashing, prefix="person_", taken={*taken, *free.values()})
        names["<column of people>"] = {text: free.get(text) or other[text] for text in people}
        return names

    @cached_property
    def _fields(self) -> dict[str, tuple[Field, ...]]:
        return {name: tuple(self._of(kind)) for name, kind in zip(TABLES, TABULATED, strict=False)}

    def _of(self, kind: TableKind) -> Iterator[Field]:
        for column in kind.columns:
            if "<" not in column.name:
                if column.name not in _OPTIONAL or column.name in self.result.optional:
                    yield Field(column.name, column.name, column, _KINDS.get(column.kind, float))
            elif column.name.startswith(_SCORE):
                own = (name for name in self.names(_SCORE) if column.name == _SCORE)
                yield from (Field(name, name, _described(name, kind), float) for name in own)
            else:
                for source, name in self.names(column.name).items():
                    yield Field(name, source, column, self._kind(column, source, name))

    def _kind(self, column: Column, source: str, name: str) -> type:
        if column.kind != "as there":
            return _KINDS.get(column.kind, float)
        cells = self.people[name] if column.name != "<setting>" else self.result.variants[source]
        return int if cells.dtype.kind == "i" else float if cells.dtype.kind == "f" else str


def conform(table: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """Return the columns of a table in order and kind; a text without a sign is missing.

    Args:
        table: Its rows; a column that it lacks is missing in all of them.
        fields: The columns.
    """
    columns: dict[str, pd.Series[Any]] = {}
    for field in fields:
        if field.name not in table:
            kind = {int: "Int64", float: "float64", str: "object"}[field.kind]
            columns[field.name] = pd.Series(None, index=table.index, dtype=_dtype(kind))
            continue
        cells = table[field.name]
        if field.kind is str:
            known = cells.astype(object).where(cells.notna() & cells.ne(""), None)
            columns[field.name] = pd.Series(known.tolist(), index=table.index)  # pandas' own type of text
        else:
            kind = "float64" if field.kind is float else "Int64" if cells.isna().any() else "int64"
            columns[field.name] = cells.astype(_dtype(kind))
    return pd.DataFrame(columns, index=table.index)


def typed_cells(cells: pd.Series) -> pd.Series:
    """Return text as numbers where every cell that has a value is one, and without words for no value.

    A number may have a decimal comma. Leading zeros and whole numbers of more than 15 digits are codes: their
    column stays text.

    >>> typed_cells(pd.Series(["31", "NA", "29"])).tolist()
    [31, <NA>, 29]
    >>> typed_cells(pd.Series(["20,5", "31"])).tolist()
    [20.5, 31.0]
    >>> typed_cells(pd.Series(["unknown", "007", "12"])).tolist()
    ['', '007', '12']
    """
    known = ~cells.map(is_missing).astype(bool)
    texts = [decimal_point(cell.strip()) for cell in cells[known]]
    if not texts or not all(map(_NUMBER.fullmatch, texts)):
        return cells.where(known, "")
    is_whole = all(map(_WHOLE.fullmatch, texts))
    numbers = pd.Series([int(text) if is_whole else float(text) for text in texts], index=cells.index[known])
    return numbers.astype(_dtype("Int64" if is_whole else "float64")).reindex(cells.index)


def _dtype(name: str) -> Any:
    """Return a type that mypy does not look into."""
    return name


def _scores_of(result: Result) -> list[str]:
    return [name for name in map(str, result.variants) if name.startswith(("video_", "pair_"))]


def _described(name: str, kind: TableKind) -> Column:
    """Return the description of a score or of an end of its interval."""
    suffix = next((end for end in ("_low", "_high", "_baseline") if name.endswith(end)), "")
    return next(column for column in kind.columns if column.name == f"{_SCORE}{suffix}")
