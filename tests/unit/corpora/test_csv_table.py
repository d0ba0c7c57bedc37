import csv
import io
from pathlib import Path

import pytest

from ferfusion.corpora.csv_table import list_csv
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, rows_of, write_files, write_sheet, write_text
from helpers.corpus_trees import write_csv


def test_list_csv_reads_stretches_and_the_split(tmp_path: Path) -> None:
    listing = list_csv(write_csv(tmp_path))
    assert rows_of(listing) == [
        ("videos-a", "Ada", "Happiness", "train"),
        ("videos-a-2", "Ada", "Sadness", "train"),
        ("videos-b", "Bob", "Fear", "validation"),
        ("frames", "Cy", "Neutral", "test"),
    ]
    stretches = [(entry.start_seconds, entry.end_seconds) for entry in listing.entries]
    assert stretches == [(0.0, 0.08), (0.08, None), (None, None), (None, None)]
    assert left_out_of(listing) == {"videos/unnamed.mp4": "no row in table.csv"}


def test_list_csv_accepts_the_file_itself(tmp_path: Path) -> None:
    listing = list_csv(write_csv(tmp_path) / "table.csv")
    assert (len(listing.entries), listing.left_out) == (4, ())


def test_list_csv_leaves_out_unusable_rows_with_a_reason(tmp_path: Path) -> None:
    write_files(tmp_path, *(f"{name}.mp4" for name in "abcdef"), "g.mov")
    table = """path,label,subject,start_seconds,end_seconds,split
a.mp4,joy,s1,,,
gone.mp4,joy,s1,,,
,joy,s1,,,
b.mp4,,s1,,,
c.mp4,joy, ,,,
d.mp4,joy,s1,soon,,
e.mp4,joy,s1,2,1.5,
f.mp4,joy,s1,,,holdout
g.mov,joy,s1,,,test,and more
./a.mp4,joy,s1,,,

"""
    listing = list_csv(write_text(tmp_path, "t.csv", table))
    assert rows_of(listing) == [("a", "s1", "Happiness", None)]
    assert left_out_of(listing) == {
        "gone.mp4": f"there is no file {tmp_path / 'gone.mp4'}; the folder {tmp_path} has no gone.mp4",
        "": "the path is empty",
        "b.mp4": "the label is empty",
        "c.mp4": "the subject is empty",
        "d.mp4": "start_seconds is 'soon', not a number of seconds",
        "e.mp4": "end_seconds 1.5 is not after start_seconds 2.0",
        "f.mp4": "split is 'holdout', not train, validation or test",
        "g.mov": "the row has more cells than there are columns; quote a cell that has a comma",
        "./a.mp4": "a second row for the same video",
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_list_csv_reads_tables_that_a_spreadsheet_saved(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    write_files(tmp_path, "Zo\u00eb.mp4")
    cells = [
        ["Path", "Label", " subject", "my notes, in Word", "start_seconds", ""],
        ["Zo\u00eb.mp4", "joy", "Zo\u00eb", 'a "b"\r\nc', "0,04", ""],
        ["", "", "", "", "", ""],
    ]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(cells)
    (tmp_path / "t.csv").write_bytes(text.getvalue().encode(encoding))
    listing = list_csv(tmp_path)
    assert rows_of(listing) == [("Zo\u00eb", "Zo\u00eb", "Happiness", None)]
    assert listing.entries[0].start_seconds == 0.04


def test_list_csv_refuses_a_workbook_and_a_column_that_comes_twice(tmp_path: Path) -> None:
    write_sheet(tmp_path / "t.csv", ["path", "label", "subject"], [])
    with pytest.raises(CorpusError, match=r"t\.csv is not a CSV table .*save it as CSV, with the columns"):
        list_csv(tmp_path)
    write_text(tmp_path, "t.csv", "path,label,subject,Label\n")
    with pytest.raises(CorpusError, match="has the column label more than once; keep one of them"):
        list_csv(tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        "Clips\\S1\\caf\u00e9.mp4",
        "clips/s1/CAFE\u0301.MP4",
        "./Clips/S1/cafe\u0301.mp4",
        "Clips/../clips/S1/Caf\u00c9.mp4",
    ],
)
def test_list_csv_finds_the_file_of_a_path_that_is_spelled_otherwise(tmp_path: Path, written: str) -> None:
    there = "Clips/S1/cafe\u0301.mp4"  # NFD, as macOS writes it
    write_files(tmp_path, there)
    listing = list_csv(write_text(tmp_path, "t.csv", f"path,label,subject\n{written},joy,s1\n"))
    assert [entry.path.resolve() for entry in listing.entries] == [(tmp_path / there).resolve()]
    assert listing.left_out == ()


def test_list_csv_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"needs one CSV file; in .* there are: none"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,emotion\nx.mp4,joy\n")
    with pytest.raises(CorpusError, match="missing: label; found: path, emotion"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,label,subject\nx.mp4,joy,s1\n")
    with pytest.raises(CorpusError, match="no row that can be used; the first is left out: there is no file"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,label,subject\n")
    with pytest.raises(CorpusError, match="no row that can be used; it is empty"):
        list_csv(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="is not a CSV table"):
        list_csv(tmp_path)
    write_text(tmp_path, "b.csv", "")
    with pytest.raises(CorpusError, match=r"there are: a.csv, b.csv"):
        list_csv(tmp_path)


def test_list_csv_reads_photographs_and_counts_each_as_a_person_without_the_column_subject(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, "in/a.jpg", "in/b.png", "in/other.jpg", "in/film.mp4")
    write_text(tmp_path, "in/t.csv", "path,label\na.jpg,joy\nb.png,fear\n")
    listing = list_csv(tmp_path / "in")
    assert [(entry.path.name, entry.subject, entry.emotion) for entry in listing.entries] == [
        ("a.jpg", "a", "Happiness"),
        ("b.png", "b", "Fear"),
    ]
    assert [(left.path, left.reason) for left in listing.left_out] == [("other.jpg", "no row in t.csv")]
