from pathlib import Path

import pytest

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.errors import RunError
from ferfusion.preparation.subjects import read_subjects, write_subjects


def test_write_subjects_has_a_row_per_person_and_no_file_without_columns(tmp_path):
    entries = tuple(
        VideoEntry(Path("v.mp4"), f"v{number}", subject, "Anger") for number, subject in enumerate("aab")
    )
    write_subjects(tmp_path / "none.csv", CorpusListing("csv", entries))
    assert not (tmp_path / "none.csv").exists()
    write_subjects(tmp_path / "s.csv", CorpusListing("csv", entries, people={"a": {"age": "07", "x": ""}}))
    table = read_subjects(tmp_path / "s.csv")
    assert table.to_dict("records") == [{"subject": "a", "age": "07"}]


def test_read_subjects_refuses_a_person_who_comes_twice(tmp_path):
    (tmp_path / "s.csv").write_text("subject,age\na,1\na,2\n")
    with pytest.raises(RunError, match="comes twice"):
        read_subjects(tmp_path / "s.csv", error=RunError)
