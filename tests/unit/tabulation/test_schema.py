import pandas as pd

from ferfusion.reporting.columns.kinds import Column
from ferfusion.tabulation.schema import Field, conform


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
