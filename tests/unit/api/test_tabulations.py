import pandas as pd

import ferfusion as fer
from helpers import tabulated


def test_tabulate_is_a_short_line_and_four_tables(tmp_path):
    study = tabulated.write_cross(tmp_path / "study")
    tables = fer.tabulate(study)
    assert repr(tables) == f"Tables('{study}': 2 variants, 2 tables of predictions)"
    assert "<table" in tables._repr_html_()
    rows = tables.save(tmp_path / "out")
    for name, number in rows.items():
        table = getattr(tables, name)
        assert len(table) == number
        assert table["variant"].dtype == pd.Series(["text"]).dtype
        assert [*table] == tables.columns.query("table == @name")["column"].tolist()
