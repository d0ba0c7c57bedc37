import re
from pathlib import Path

import pytest

from ferfusion.corpora.official_split import TableLayout, list_official_split
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, rows_of, write_files, write_text


def read_line(line: str) -> tuple[str, str] | None:
    clip, _, emotion = line.partition(" ")
    return None if clip == "#" else (clip, emotion)


LAYOUT = TableLayout(
    table=re.compile(r"split/(train|test)\.txt", re.I),
    clip=re.compile(r"(?:large|small)/(\w+)", re.I),
    read_line=read_line,
    expected="large/a/*.png with split/train.txt",
    best="large",
)


def write_clips(root: Path) -> Path:
    write_files(root, "small/a/0.png", "large/a/0.png", "large/b/0.png", "large/c/0.png", "other.mp4")
    write_text(root, "split/train.txt", "# clip emotion\nA happy\nB anger\n")
    write_text(root, "split/test.txt", "a sad\nb bored\nd fear\n\n")
    return root


def test_list_official_split_joins_tables_and_clips_in_any_case(tmp_path: Path) -> None:
    listing = list_official_split("films", write_clips(tmp_path), LAYOUT)
    assert listing.corpus == "films"
    assert rows_of(listing) == [("a", "a", "Sadness", "test"), ("b", "b", "Anger", "train")]
    assert listing.entries[0].path == tmp_path / "large/a"


def test_list_official_split_gives_a_reason_for_each_left_out_row(tmp_path: Path) -> None:
    assert left_out_of(list_official_split("films", write_clips(tmp_path), LAYOUT)) == {
        "small/a": "the same take as large/a",
        "large/c": "in no table of the split",
        "split/test.txt: b": "'Bored' is none of the seven emotions",
        "split/test.txt: d": "a row without frames",
        "split/train.txt: A": "a second row of the clip; split/test.txt: a is used",
        "other.mp4": "not an image or a table of the split",
    }


def test_list_official_split_names_a_table_that_is_no_text(tmp_path: Path) -> None:
    write_clips(tmp_path)
    (tmp_path / "split/train.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match=r"Cannot read .*train\.txt"):
        list_official_split("films", tmp_path, LAYOUT)
