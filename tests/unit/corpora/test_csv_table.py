from pathlib import Path

import pytest

from ferfusion.corpora.csv_table import list_csv
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, rows_of, write_files, write_text
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
    write_files(tmp_path, *(f"{name}.mp4" for name in "abcdefg"))
    table = """path,label,subject,start_seconds,end_seconds,split
a.mp4,joy,s1,,,
gone.mp4,joy,s1,,,
,joy,s1,,,
b.mp4,,s1,,,
c.mp4,joy, ,,,
d.mp4,joy,s1,soon,,
e.mp4,joy,s1,2,1.5,
f.mp4,joy,s1,,,holdout
g.mp4,joy,s1,,,test,and more
./a.mp4,fear,s1,,,

"""
    listing = list_csv(write_text(tmp_path, "t.csv", table))
    assert rows_of(listing) == [("a", "s1", "Happiness", None)]
    assert left_out_of(listing) == {
        "gone.mp4": "there is no such file",
        "": "the path is empty",
        "b.mp4": "the label is empty",
        "c.mp4": "the subject is empty",
        "d.mp4": "start_seconds is 'soon', not a number of seconds",
        "e.mp4": "end_seconds 1.5 is not after start_seconds 2.0",
        "f.mp4": "split is 'holdout', not train, validation or test",
        "g.mp4": "the row has more cells than there are columns; quote a cell that has a comma",
        "./a.mp4": "a second row for the same video",
    }


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_list_csv_reads_every_separator_and_a_byte_order_mark(tmp_path: Path, separator: str) -> None:
    write_files(tmp_path, "a.mp4")
    table = "\ufeffPath,Label, subject\r\na.mp4,joy,s1\r\n".replace(",", separator)
    listing = list_csv(write_text(tmp_path, "t.csv", table))
    assert rows_of(listing) == [("a", "s1", "Happiness", None)]


def test_list_csv_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"needs one CSV file; in .* there are: none"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,emotion\nx.mp4,joy\n")
    with pytest.raises(CorpusError, match="missing: label, subject; found: path, emotion"):
        list_csv(tmp_path)
    write_text(tmp_path, "a.csv", "path,label,subject\nx.mp4,joy,s1\n")
    with pytest.raises(CorpusError, match="no row that can be used; the first is left out: there is no such"):
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
