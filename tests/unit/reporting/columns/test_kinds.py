import pytest

from ferfusion.reporting.columns.kinds import Column, table


@pytest.mark.parametrize(
    ("column", "name", "named"),
    [
        ("p_<class>", "p_fear", True),
        ("p_<class>", "p_", False),
        ("low", "lower", False),
        ("<a>_<b>", "a_b", True),
    ],
)
def test_column_is_named_by_its_pattern(column, name, named):
    assert Column(column, "", "").is_named(name) == named


def test_table_is_read_from_lines_and_knows_its_columns():
    kind = table("RUN", "a.csv b/*.csv", command="train", row="a pair", columns="low | share | the low end")
    assert kind.files == ("a.csv", "b/*.csv")
    assert kind.columns == (Column("low", "share", "the low end"),)
    assert kind.unknown(["low", "high"]) == ["high"]
