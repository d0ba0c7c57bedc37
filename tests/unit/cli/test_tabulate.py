from cyclopts import App

from ferfusion.cli.tabulate import tabulate
from helpers import tabulated


def test_tabulate_prints_the_rows_of_each_table(tmp_path, capsys):
    result, out = tabulated.write_predicted(tmp_path / "predicted"), tmp_path / "out"
    App(default_command=tabulate, result_action="return_value")([str(result), str(out)], exit_on_error=False)
    lines = [line.removesuffix(", also as Parquet") for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        f"{out}/frames.csv: 4 rows",
        f"{out}/videos.csv: 3 rows",
        f"{out}/people.csv: 0 rows",
        f"{out}/variants.csv: 1 row",
        f"Every column is described in {out}/columns.csv",
    ]
