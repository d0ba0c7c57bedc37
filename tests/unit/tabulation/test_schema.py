from dataclasses import replace

import pandas as pd
import pytest

from ferfusion.reporting.columns.kinds import Column
from ferfusion.tabulation.schema import Field, Schema, conform, typed_cells


def test_schema_names_classes_choices_and_people_for_every_program(schema):
    names = {field.name: (field.source, field.kind) for field in schema.fields("videos")}
    assert names["p_alegria"] == ("alegría", float)
    assert names["p_class_3"] == ("生气", float)
    assert names["votes_choice_3"] == ("生气", int)
    assert names["votes_unsure"] == ("Unsure", int)
    assert names["age"] == ("age", int)
    assert names["person_Seed"] == ("Seed", str)  # seed is the training's
    assert names["how_old"] == ("how old?", str)
    assert [*names][:6] == ["variant", "seed", "fold", "part", "video", "pairs"]
    assert {"face", "tested_on"}.isdisjoint(names)


def test_schema_has_the_settings_that_differ_and_each_score_with_its_interval(schema):
    names = [field.name for field in schema.fields("variants")]
    assert "imbalance" in names
    assert {"epochs", "frames"}.isdisjoint(names)
    place = names.index("video_uar")
    ends = ["video_uar", "video_uar_low", "video_uar_high", "video_uar_baseline"]
    assert names[place : place + 4] == ends
    texts = {field.name: field.column.text for field in schema.fields("variants")}
    assert texts["pair_war_low"] == "lower end of its interval over people"


@pytest.mark.parametrize(
    ("people", "names"),
    [
        (("UAR", "uar"), ["person_UAR", "person_uar_2"]),
        (("Age", "age"), ["Age", "age_2"]),
        (("code", "Votes_unsure", "p_anger"), ["code", "person_Votes_unsure", "person_p_anger"]),
    ],
)
def test_schema_names_columns_of_people_apart_from_those_of_the_tables(schema, people, names):
    subjects = pd.DataFrame({"subject": ["P0"], **dict.fromkeys(people, "x")})
    other = Schema(replace(schema.result, people=subjects))
    assert [field.name for field in other.fields("people")][-len(people) :] == names


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["20,5", "31", "-1"], [20.5, 31, -1]),
        ([" 31 ", "N/A", "+2"], [31, None, 2]),
        ([".5", "1e-3", "24.691358024691358"], [0.5, 0.001, 24.691358024691358]),
        (["0", "0.5", "0,25"], [0, 0.5, 0.25]),
        (["007", "12"], ["007", "12"]),
        (["12", "00,5"], ["12", "00,5"]),
        (["1", "1234567890123456"], ["1", "1234567890123456"]),
        (["1,234.5", "2"], ["1,234.5", "2"]),
        (["inf", "2"], ["inf", "2"]),
        (["", "NA"], ["", ""]),
    ],
)
def test_typed_cells_are_numbers_if_all_are_and_none_is_a_code(cells, expected):
    found = typed_cells(pd.Series(cells))
    assert [None if cell is pd.NA else cell for cell in found] == expected


def test_schema_has_no_value_for_an_unknown_one_of_people(schema):
    assert schema.people["age"].isna().sum() == 1
    assert schema.people.loc["P1", "how_old"] == ""


def test_conform_gives_every_chunk_the_same_kinds():
    fields = [
        Field(name, name, Column(name, "", ""), kind)
        for name, kind in zip("abc", (int, float, str), strict=True)
    ]
    table = conform(pd.DataFrame({"c": ["", "x"], "a": [1.0, None]}), fields)
    assert [*table] == ["a", "b", "c"]
    assert table["a"].dtype == "Int64"
    assert table["b"].dtype == "float64"
    assert table["c"].isna().tolist() == [True, False]
