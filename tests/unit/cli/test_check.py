from cyclopts import App

from ferfusion.cli.check import check
from helpers.curated import write_answers, write_curated


def test_check_prints_what_was_found_and_the_page(tmp_path, capsys):
    dataset = write_curated(tmp_path / "data", people=3, labels={"S00_fear_0": "Anger"})
    studies = [
        write_answers(tmp_path / name, dataset, {"S00_fear_0": "Fear"}, uar_low={"a": 0.5}, seeds=seeds)
        for name, seeds in (("first", 2), ("second", 4))
    ]
    app = App(default_command=check, result_action="return_value")
    line = [str(dataset.root), "--study", *map(str, studies), "--out", str(tmp_path / "out")]
    app(line, exit_on_error=False)
    words = " ".join(capsys.readouterr().out.split())
    assert "1 of 9 judged labels contradicted by most models" in words
    assert words.endswith(f"Page: {tmp_path / 'out' / 'check.html'}")
