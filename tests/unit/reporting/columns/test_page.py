from pathlib import Path

from ferfusion.reporting.columns.page import TABLES, table_kind, tables_page

DOCS = Path(__file__).parents[4] / "docs"


def test_tables_page_is_up_to_date():
    text = (DOCS / "tables.md").read_text(encoding="utf-8")
    assert text == tables_page(), "run python docs/make_tables.py"


def test_table_kind_finds_every_table_by_folder_and_path():
    for table in TABLES:
        for file in table.files:
            assert table_kind(table.folder, file.replace("*", "a")) is table
    assert table_kind("RUN", "frames.csv") is None
