from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

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


def rezipped(path: Path, name: str, content: bytes | None) -> None:
    """Replace one member of a sheet, or remove it."""
    with ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    with ZipFile(path, "w") as archive:
        for each, old in members.items():
            if each != name or content is not None:
                archive.writestr(each, content if each == name and content is not None else old)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/workbook.xml", None),
        ("xl/workbook.xml", b"<a/>"),
        ("xl/workbook.xml", b"<a>" * 20_000),
        ("xl/worksheets/sheet1.xml", None),
        ("xl/worksheets/sheet1.xml", b""),
        ("xl/worksheets/sheet1.xml", b"\xff\xfe junk"),
        ("docProps/core.xml", b""),
    ],
)
def test_read_sheet_refuses_a_damaged_sheet_in_one_line(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, ("Clip Name", "Emotion", "Emotion Code"), [("S001_001", "Fear", 7)])
    rezipped(path, name, content)
    with pytest.raises(CorpusError, match="is not an Excel sheet that can be read") as caught:
        list(read_sheet(path))
    assert str(caught.value).isprintable()


def test_read_sheet_refuses_a_sheet_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", bytes(70 * 2**20))
    with pytest.raises(CorpusError, match="bytes when it is unpacked"):
        list(read_sheet(path))
