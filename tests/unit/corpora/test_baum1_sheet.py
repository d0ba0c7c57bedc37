from pathlib import Path

import pytest

from ferfusion.corpora.baum1_sheet import SheetRow, read_sheet
from ferfusion.errors import CorpusError
from helpers.corpora import write_sheet


def test_read_sheet_finds_columns_by_name_and_gives_plain_text(tmp_path: Path) -> None:
    header = ("Emotion Code", " Clip Name", "No", "Emotion ")
    rows = [
        (7.0, "S001_001.mp4", 1, " Fear "),
        (None, "S001.x_002", 2, "Anger"),
        (3, None, 3, "Anger"),
        (2, "S002_003"),
    ]
    write_sheet(tmp_path / "sheet.xlsx", header, rows)
    assert list(read_sheet(tmp_path / "sheet.xlsx")) == [
        SheetRow("S001_001", "Fear", "7"),
        SheetRow("S001.x_002", "Anger", ""),
        SheetRow("S002_003", "", "2"),
    ]


def test_read_sheet_refuses_an_empty_sheet_and_a_missing_file(tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheet.xlsx", (), [])
    with pytest.raises(CorpusError, match="has no column clip name, emotion, emotion code"):
        list(read_sheet(tmp_path / "sheet.xlsx"))
    with pytest.raises(CorpusError, match="is not an Excel sheet that can be read"):
        list(read_sheet(tmp_path / "missing.xlsx"))
