"""Write docs/tables.md: every column of every table."""

from pathlib import Path

from ferfusion.reporting.columns.page import tables_page

if __name__ == "__main__":
    Path(__file__).with_name("tables.md").write_text(tables_page(), encoding="utf-8")
