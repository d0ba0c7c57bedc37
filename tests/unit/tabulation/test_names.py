import re

from ferfusion.tabulation.names import LONGEST_NAME, safe_names


def test_safe_names_are_names_in_spss_and_differ_whatever_their_case():
    texts = ["Alter", "alter", "ALTER_2", "Größe in cm", "生气", "%", "9th", "_", "with", "x" * 99, "x" * 98]
    names = safe_names(texts, taken=["column_6"])
    assert [*names] == texts
    assert names["Größe in cm"] == "Grosse_in_cm"
    assert (names["%"], names["with"], names["alter"]) == ("column_6_2", "with_", "alter_2")
    assert len({name.lower() for name in names.values()}) == len(texts)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in names.values())
    assert max(map(len, names.values())) == LONGEST_NAME


def test_safe_names_begin_with_a_prefix():
    assert [*safe_names(["angry", "生气"], prefix="p_", fallback="class").values()] == [
        "p_angry",
        "p_class_2",
    ]
