import pandas as pd

from ferfusion.preparation.reasons import count_reasons


def test_count_reasons_counts_rows_that_differ_by_names_and_numbers_as_one():
    rows = [
        ("a.mp4", "ok", ""),
        ("b.mp4", "left_out", "there is no file /c/b.mp4; the folder /c has no b.mp4; did you mean a.mp4?"),
        ("c.mp4", "left_out", "no row in t.csv"),
        ("d.mp4", "no_face", "no face in any of 30 frames"),
        ("e.mp4", "left_out", "no row in t.csv"),
        ("f.mp4", "no_face", "no face in any of 41 frames"),
        ("g.mp4", "left_out", "no row in t.csv"),
    ]
    table = count_reasons(pd.DataFrame(rows, columns=["path", "status", "reason"]))
    assert table.to_numpy().tolist() == [
        [3, "left_out", "no row in t.csv", "c.mp4"],
        [2, "no_face", "no face in any of \u2026 frames", "d.mp4"],
        [1, "left_out", rows[1][2], "b.mp4"],
    ]


def test_count_reasons_shows_the_rows_that_contradict_each_other():
    whole = "lines 17 and 18 give this video two labels: Freude, Wut"
    other = "a.mp4 and b.mp4 are one file, with two labels: Fear, Anger"
    rows = [("a.mp4", "left_out", reason) for reason in (whole, whole, other, other)]
    table = pd.DataFrame(rows, columns=["path", "status", "reason"])
    assert count_reasons(table[:2])["reason"].tolist() == [whole]
    assert count_reasons(table)["reason"].tolist() == [f"{whole}; {other}"]


def test_count_reasons_of_no_row_is_empty():
    table = count_reasons(pd.DataFrame([("a", "ok", "")], columns=["path", "status", "reason"]))
    assert table.columns.tolist() == ["rows", "status", "reason", "example"]
    assert table.empty
