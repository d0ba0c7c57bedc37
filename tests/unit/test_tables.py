import csv
import io
import re

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import DatasetError, RunError
from ferfusion.tables import (
    LARGEST_BYTES,
    CellWriter,
    parse_cells,
    plain_cell,
    read_cells,
    read_table,
    safe_cell,
    write_table,
)

ODD = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "\nx", "'=1", "''=1", "-", "-x.mp4"),
    *("a\rb", "a\r\nb", "a\nb", 'a"b', "a,b", "'tis", "007", "-5", "-0.25", "+3e-4", "NA", "", "caf\u00e9"),
)
"""Text that a spreadsheet runs, that breaks lines, or that must stay as it is."""
KINDS = {"n": int, "x": float, "ok": bool}


@pytest.mark.parametrize("text", ODD)
def test_plain_cell_undoes_safe_cell(text):
    assert plain_cell(safe_cell(text)) == text
    assert not re.match(r"[=@\t\r\n]", safe_cell(text))
    is_number = re.fullmatch(r"[-+][\d.e-]+", text) and text != "-"
    assert safe_cell(text).startswith(("+", "-")) == bool(is_number)


def test_write_table_and_read_table_return_odd_text_as_it_was(tmp_path):
    table = pd.DataFrame({"=name": list(ODD), "kind": pd.Categorical([*ODD]), "x": np.arange(len(ODD)) / 4})
    write_table(tmp_path / "a.csv", table)
    content = (tmp_path / "a.csv").read_bytes()
    assert b"\r\n" not in content.replace(b'"a\r\nb"', b"")
    assert not re.search(rb'(^|[,\n])"?[=@\t\r\n]', content.replace(b"\n\n", b""))
    pd.testing.assert_frame_equal(
        read_table(tmp_path / "a.csv", kind_of={"x": float}.get), table.astype({"kind": "str"})
    )


def test_cell_writer_and_parse_cells_return_odd_text_without_spaces_at_its_ends():
    file = io.StringIO(newline="")
    writer = CellWriter(file)
    writer.write(["=A", "b"])
    for text in filter(None, ODD):
        writer.write([text, 1.5])
    header, rows = parse_cells(file.getvalue().encode())
    assert header == ["=a", "b"]
    assert [row["=a"] for row in rows] == [text for text in ODD if text]
    assert {row["b"] for row in rows} == {"1.5"}


def test_write_table_writes_what_utf_8_cannot_encode_with_a_backslash(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"path": ["caf\udce9.mp4"]}, dtype=object))
    assert (tmp_path / "a.csv").read_bytes() == rb"path" + b"\n" + rb"caf\udce9.mp4" + b"\n"


def test_write_table_keeps_six_digits(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"x": [1 / 3], "n": [2]}))
    assert (tmp_path / "a.csv").read_bytes() == b"x,n\n0.333333,2\n"


def test_write_table_names_the_rows_by_a_safe_index(tmp_path):
    write_table(tmp_path / "a.csv", pd.DataFrame({"x": [1]}, index=["=1"]), index=True)
    assert (tmp_path / "a.csv").read_bytes() == b",x\n'=1,1\n"


def test_read_table_reads_what_write_table_wrote(tmp_path):
    table = pd.DataFrame({"name": ["a", "b"], "value": [0.5, 1.25]})
    write_table(tmp_path / "a.csv", table)
    read = read_table(tmp_path / "a.csv", columns=("name",), kind_of={"value": float}.get)
    pd.testing.assert_frame_equal(read, table)


def test_read_table_has_one_type_for_a_column_with_and_without_empty_cells(tmp_path):
    (tmp_path / "a.csv").write_text("name,n,x\na,,\n")
    table = read_table(tmp_path / "a.csv", kind_of=KINDS.get, gaps=("n",))
    assert table.dtypes.astype(str).to_dict() == {"name": "str", "n": "Int64", "x": "float64"}
    assert table.isna().to_numpy().tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"\xff\xfe\x00\x01", "decode"),
        (b'name,n\n"1,2', "unexpected end of data"),
        (b"n\n1\n", "lacks the columns name"),
        (b"name,n\na,1\nb\n", "line 3 has not 2 cells as the header, but 1"),
        (b"name,n\na,1,5\n", "line 2 has not 2 cells as the header, but 3"),
        (b"name,n,name\na,1,b\n", "the column 'name' comes twice"),
        (b"name,n\na\0b,1\n", "bytes that are no text"),
        (b"name,n\n" + b"x" * 200_000 + b",1\n", "field larger than field limit"),
        (b"name,n\na,\n", "line 2: the n is '', not a whole number"),
        (b'name,n\n"a\nb",1\nc,1.5\n', "line 4: the n is '1.5', not a whole number"),
        (b"name,n\na,99999999999999999999\n", "the n is '99999999999999999999', not a whole number"),
        (b"name,n\na,1e308\n", "the n is '1e308', not a whole number"),
        (b"name,x\na,nan\n", "the x is 'nan', not a number"),
        (b"name,x\na,0.5\nb,inf\n", "line 3: the x is 'inf', not a number"),
        (b"name,x\na,1e999\n", "a number is too large"),
        (b"name,ok\na,maybe\n", "the ok is 'maybe', not True or False"),
        (b"," * 5000 + b"\n", "it has 5,001 columns, at most 5,000 are read"),
    ],
)
def test_read_table_names_the_fault_of_a_table_in_one_line(tmp_path, content, reason):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=rf"a\.csv .*{re.escape(reason)}.*; prepare again") as caught:
        read_table(tmp_path / "a.csv", columns=("name",), kind_of=KINDS.get, advice="prepare again")
    assert str(caught.value).isprintable()


def test_read_table_names_a_folder_in_the_place_of_the_file(tmp_path):
    with pytest.raises(DatasetError, match="is a folder, not a file"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04\x00\x00", "it has bytes that are no text; a spreadsheet must be saved as CSV"),
        (b"\xff\xfea", "truncated"),
        (b'a,b\n"1,2', "unexpected end of data"),
        (b"a\n" + b"x" * 200_000, "field larger than field limit"),
        (b"," * 5000 + b"\n", "it has 5,001 columns, at most 5,000 are read"),
    ],
)
def test_read_cells_names_a_file_that_is_no_table(tmp_path, content, reason):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(RunError, match=f"a.csv is not a CSV table .*{reason}.*; save it as CSV"):
        read_cells(tmp_path / "a.csv", error=RunError, advice="save it as CSV")
    with pytest.raises(RunError, match="is a folder, not a file"):
        read_cells(tmp_path, error=RunError, advice="save it as CSV")


@pytest.mark.parametrize("line", [b"a;b,c;d\n", b"sep=;\r\na;b,c;d\n", b'"a, b, c, d";"b";"c";d\n'])
def test_parse_cells_finds_the_separator_in_the_first_line(line):
    assert len(parse_cells(line)[0]) == len(re.sub(b'"[^"]*"|sep=;', b"", line).split(b";"))


def test_parse_cells_keeps_lines_inside_a_cell_and_ends_of_lines_of_all_systems():
    assert parse_cells(b'a,b\r"1\n2",3\r')[1] == [{"a": "1\n2", "b": "3", "": ""}]


def test_parse_cells_takes_the_first_of_columns_with_one_name():
    assert parse_cells(b"a,A\n1,2\n") == (["a", "a"], [{"a": "1", "": ""}])


def test_csv_module_reads_the_rows_of_a_cell_writer():
    """Other readers agree on the rows, whatever a cell has."""
    file = io.StringIO(newline="")
    CellWriter(file).write(list(ODD))
    [row] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert [plain_cell(cell) for cell in row] == list(ODD)


def test_read_cells_refuses_a_table_by_its_size(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # without a block on the disk
    with pytest.raises(RunError, match="it has more than 335,544,320 bytes"):
        read_cells(tmp_path / "a.csv", error=RunError, advice="save it as CSV")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_parse_cells_takes_every_end_of_a_line_and_keeps_those_in_quotes(end):
    text = end.join(["path,label", '"a\nb\rc\r\nd",joy', "", "e,sad"])
    _, rows = parse_cells(text.encode())
    assert [(row["path"], row["label"]) for row in rows] == [("a\nb\rc\r\nd", "joy"), ("e", "sad")]


def test_read_table_keeps_a_column_without_a_name(tmp_path):
    """Such as the index that pandas writes."""
    (tmp_path / "a.csv").write_text(",n,t\n'=x,1,a\ny,2,b\n")
    table = read_table(tmp_path / "a.csv", kind_of={"n": int}.get)
    assert table.to_dict("list") == {"": ["=x", "y"], "n": [1, 2], "t": ["a", "b"]}
