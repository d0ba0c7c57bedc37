import pandas as pd

from ferfusion.api.tables import titled_table


def test_titled_table_escapes_names_and_rounds_floats():
    table = pd.DataFrame({"video": ["<b>.mp4"], "uar": [2 / 3], "low": [float("nan")]})
    page = titled_table("Scores <of> a & b", table)
    assert page.startswith("<p><b>Scores &lt;of&gt; a &amp; b</b></p><table")
    assert "<td>&lt;b&gt;.mp4</td>" in page
    assert "<td>0.667</td>" in page
    assert "<td></td>" in page


def test_titled_table_has_a_row_per_row_and_no_index():
    page = titled_table("", pd.DataFrame({"a": [1, 2, 3]}))
    assert page.count("<tr") == 1 + 3
    assert page.count("<td>") == 3
