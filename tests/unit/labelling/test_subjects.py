import pytest

from ferfusion.errors import CorpusError
from ferfusion.labelling.subjects import read_subjects
from helpers.corpora import write_text


def test_read_subjects_has_people_by_path_and_by_the_only_name(tmp_path):
    table = "Datei;Person;Alter\na\\x.mp4;Zoë;3\nb/x.mp4;Ömer;4\nc/y.mp4;Zoë;3\nz.mp4;;\n"
    people = read_subjects(write_text(tmp_path, "t.csv", table) / "t.csv")
    assert people == {
        str(tmp_path / "a" / "x.mp4"): "Zoë",
        str(tmp_path / "b" / "x.mp4"): "Ömer",
        str(tmp_path / "c" / "y.mp4"): "Zoë",
        "y.mp4": "Zoë",
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("path,age\na.mp4,3\n", "has no column for subject"),
        ("path,subject\na.mp4,Ann\na.mp4,Ben\n", "line 3: 'a.mp4' has two people"),
    ],
)
def test_read_subjects_refuses_what_says_no_person(tmp_path, table, message):
    with pytest.raises(CorpusError, match=message):
        read_subjects(write_text(tmp_path, "t.csv", table) / "t.csv")
