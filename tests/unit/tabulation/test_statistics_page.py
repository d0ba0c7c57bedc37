"""The page ``docs/statistics.md``: its Python runs, and its SPSS names the columns that the tables have."""

import re
from pathlib import Path

import pytest

from ferfusion.tabulation.write import write_tables

PAGE = (Path(__file__).parents[3] / "docs" / "statistics.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.+?)```", PAGE, re.S)[1]


@pytest.mark.filterwarnings("ignore")  # of convergence: the tables are small
def test_statistics_page_in_python_finds_the_better_variant(schema, tmp_path, monkeypatch):
    pytest.importorskip("statsmodels")
    write_tables(schema, tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    shown: list[object] = []
    script = block("python").replace("+ site", "+ person_Seed")
    exec(compile(script, "statistics.md", "exec"), {"print": shown.append})
    effect = re.escape("variant[T.imbalance-focal]")
    found = [float(re.search(rf"{effect} +(?:M +)?(-?[\d.]+)", str(table))[1]) for table in shown]
    assert len(found) == 3  # p_true, and twice in log-odds
    assert found[0] < -0.1
    assert max(found[1:]) < -0.5


def test_statistics_page_in_spss_names_the_columns_in_order(schema):
    named = re.findall(r"(\w+) [AF]\d+", block("spss"))
    columns = [field.name for field in schema.fields("videos")]
    rest = [name for name in columns if name in named]
    assert named[:10] == rest[:10] == columns[:10]


def test_statistics_page_in_r_uses_columns_of_the_tables(schema):
    used = {*re.findall(r"videos\$(\w+)", block("r"))} - {"training"}
    assert used <= {field.name for field in schema.fields("videos")}
