from pathlib import Path

import pytest

from ferfusion.corpora.cremad import list_cremad
from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.corpora.folder import list_folder
from ferfusion.corpora.people_columns import (
    constant_columns,
    people_of,
    people_sentence,
    read_people,
    with_people,
)
from ferfusion.errors import CorpusError
from helpers.corpora import write_files, write_text
from helpers.corpus_trees import write_cremad, write_folder


def entries_of(*rows: tuple[str, str, dict[str, str]]) -> list[VideoEntry]:
    return [
        VideoEntry(Path(f"{video}.mp4"), video, subject, "Anger", further=tuple(further.items()))
        for video, subject, further in rows
    ]


@pytest.mark.parametrize(
    ("rows", "people"),
    [
        ([("v1", "Ann", {}), ("v2", "Ben", {})], {}),
        (
            [("v1", "Ann", {"age": "31", "take": "1"}), ("v2", "ann ", {"age": "31", "take": "2"})],
            {"ann": {"age": "31"}},
        ),
        (
            [("v1", "Ann", {"age": ""}), ("v2", "Ann", {"age": "31"}), ("v3", "Ben", {"age": ""})],
            {"ann": {"age": "31"}, "ben": {"age": ""}},
        ),
        ([("v1", "Ann", {"note": ""})], {}),
        ([("v1", "Ann", {"fps": "25"}), ("v2", "Ben", {"fps": "25"})], {}),
        ([("v1", "v1", {"age": "31"}), ("v2", "v2", {"age": "40"})], {}),  # unknown people
    ],
)
def test_constant_columns_have_one_value_for_each_person(rows, people):
    assert constant_columns(entries_of(*rows)) == people


@pytest.mark.parametrize(
    ("table", "people"),
    [
        ("Person;Alter\nAnn;31\nBen;\n", {"ann": {"Alter": "31"}, "ben": {"Alter": ""}}),
        ("id,sex,class\n1,f,2b\n", {"1": {"sex": "f", "class": "2b"}}),
        ("subject,Subject ID\nAnn,x\n", {"ann": {"Subject ID": "x"}}),
        ("subject,age\nAnn,31\nann,31\n", {"ann": {"age": "31"}}),
    ],
)
def test_read_people_has_the_cells_of_each_person(tmp_path, table, people):
    assert read_people(write_text(tmp_path, "subjects.csv", table) / "subjects.csv") == people


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,age\nAnn,31\n", r"subjects.csv has no column of the person; found: name, age; save it as CSV"),
        ("subject,age\nAnn,31\nANN,32\n", "line 3 is a second, other row of ANN; keep one of them"),
        ("subject,age\n,31\n", "line 2 has no person"),
        ("subject,age\nAnn,31,5\n", "line 2 has more cells than there are columns"),
        ("subject,age\n\0", "is not a CSV table"),
    ],
)
def test_read_people_refuses_tables_that_are_none_of_people(tmp_path, table, message):
    with pytest.raises(CorpusError, match=message):
        read_people(write_text(tmp_path, "subjects.csv", table) / "subjects.csv")


def test_with_people_takes_the_file_beside_the_videos_over_the_table(tmp_path):
    write_files(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    write_text(
        tmp_path,
        "t.csv",
        "path,label,subject,age,site\na.mp4,joy,Ann,30,1\nb.mp4,joy,Ben,40,2\nc.mp4,joy,Cy,,\n",
    )
    write_text(tmp_path, "subjects.csv", "subject,sex,age\nANN,f,31\nBen,m,\nDora,f,50\n")
    listing = list_csv(tmp_path)
    assert people_of(listing) == {
        "Ann": {"sex": "f", "age": "31", "site": "1"},
        "Ben": {"sex": "m", "age": "40", "site": "2"},
        "Cy": {"sex": "", "age": "", "site": ""},
    }
    assert people_sentence(listing) == "Columns of people: sex, age, site"
    assert listing.notes[-1] == "subjects.csv has 1 person without a row in the corpus: Dora"
    of_videos = list_csv(tmp_path / "t.csv")
    assert people_of(
        with_people(of_videos, tmp_path / "subjects.csv", table=tmp_path / "subjects.csv")
    ) == people_of(of_videos)


def test_with_people_reads_the_file_of_any_corpus(tmp_path):
    write_text(write_folder(tmp_path), "subjects.csv", "subject,sex\ns1,f\ns9,m\n")
    listing = with_people(list_folder(tmp_path), tmp_path)
    assert people_of(listing) == {"s1": {"sex": "f"}}
    assert people_sentence(listing) == "Columns of people: sex; 1 of 2 people without: s2"
    assert "subjects.csv" not in {left.path for left in listing.left_out}


def test_people_sentence_says_when_nobody_has_a_row():
    listing = CorpusListing("csv", tuple(entries_of(("v", "Ann", {}))), people={"ben": {"age": "31"}})
    assert people_sentence(listing) == "No columns of people: none of the 1 person has a row with a value"
    assert people_sentence(CorpusListing("csv", listing.entries)) == ""


def test_list_cremad_has_the_real_demographics_of_its_actors(tmp_path, real_data):
    root = write_cremad(tmp_path)
    (root / "VideoDemographics.csv").write_bytes(
        (real_data / "crema-d" / "VideoDemographics.csv").read_bytes()
    )
    listing = list_cremad(root)
    assert len(listing.people) == 91
    assert people_of(listing)["1001"] == {
        "Age": "51",
        "Sex": "Male",
        "Race": "Caucasian",
        "Ethnicity": "Not Hispanic",
    }
    assert "VideoDemographics.csv" not in {left.path for left in listing.left_out}
