import pytest

from ferfusion.errors import ConfigError, CorpusError
from ferfusion.labelling.answers import Answers
from ferfusion.labelling.project import read_project
from ferfusion.labelling.read_tables import import_answers, read_answers
from ferfusion.labelling.written_tables import answer_table, write_answers
from helpers.corpora import write_text
from helpers.label_projects import write_project


def test_imported_answers_equal_those_that_were_written(tmp_path):
    project = write_project(tmp_path / "here")
    ann = Answers(project, "Ann")
    ann.mark("0000", "joy", 0.48, 1.25, intensity=2, note="brief, then gone")
    ann.mark("0001", "anger", 2.0, 9.5)
    Answers(project, "Ben").mark("0000", "calm", 0.0, 10.0)
    answers = {rater: Answers(project, rater).read() for rater in project.raters}
    write_answers(tmp_path / "out" / "labels.csv", project, answers)
    there = write_project(tmp_path / "there", raters=("Cem",))  # the same videos, in another folder
    taken = import_answers(there, tmp_path / "out" / "labels.csv")
    assert taken["status"].tolist() == ["added"] * 3
    there = read_project(there.folder)
    assert there.raters == ("Cem", "Ann", "Ben")
    again = {rater: Answers(there, rater).read() for rater in ("Ann", "Ben")}
    about = ["path", "label", "start", "end", "intensity", "rater", "note"]
    written = answer_table(project, answers)[about].sort_values(about).reset_index(drop=True)
    assert answer_table(there, again)[about].sort_values(about).reset_index(drop=True).equals(written)
    assert [one.is_done for one in again["Ann"].values()] == [True, True]
    assert import_answers(there, tmp_path / "out" / "labels.csv")["status"].tolist() == ["there already"] * 3
    assert {rater: Answers(there, rater).read() for rater in ("Ann", "Ben")} == again


def test_imported_rows_that_cannot_be_used_have_a_reason(tmp_path):
    project = write_project(tmp_path)
    Answers(project, "Ann").mark("0000", "joy", 0.0, 2.0)
    table = """path,label,start,end,face,intensity
clip0.mp4,anger,1,3,,
clip0.mp4,boredom,4,5,,
clip0.mp4,joy,4,99,,
clip0.mp4,Freude,5,10.05,,
clip0.mp4,joy,soon,9,,x
gone.mp4,joy,1,2,,
clip1.mp4,joy,1,2,0,
clip1.mp4,,,,,
"""
    taken = import_answers(project, write_text(tmp_path, "t.csv", table) / "t.csv", rater="Ann")
    assert taken["status"].tolist() == [*["left out"] * 3, "added", *["left out"] * 3, "added"]
    reasons = taken["reason"].tolist()
    assert reasons[0].startswith("The stretch 1 to 3 s overlaps joy, 0 to 2 s")
    assert reasons[1] == "'boredom' is no class of the project; it has joy, anger, calm"
    assert reasons[2].startswith("A stretch begins before it ends, within the 10.00 s")
    assert reasons[4] == (
        "start_seconds is 'soon', not a number of seconds, m:ss or h:mm:ss; "
        "intensity is 'x', not a whole number"
    )
    assert reasons[5] == "the project has no video 'gone.mp4'"
    assert reasons[6] == "the project labels clip1.mp4 as a whole, and the row a face of it"
    state = Answers(project, "Ann").read()
    assert [mark.end for mark in state["0000"].marks] == [2.0, 10.0]  # a video ends where it ends
    assert not state["0000"].is_done
    assert state["0001"].is_done


def test_imported_label_of_a_whole_video_does_not_replace_another(tmp_path):
    project = write_project(tmp_path, marks="videos")
    Answers(project, "Ann").mark("0000", "joy")
    table = "path;Emotion\nclip0.mp4;anger\nclip1.mp4;anger\n"
    taken = import_answers(project, write_text(tmp_path, "t.csv", table) / "t.csv", rater="Ann")
    assert taken[["status", "reason"]].values.tolist() == [
        ["left out", "Ann has said joy already"],
        ["added", ""],
    ]


@pytest.mark.parametrize(
    ("cell", "message"),
    [("majority", "is a consensus .majority in line 2."), ("", "does not say who labelled in line 2; name")],
)
def test_imported_table_needs_a_rater(tmp_path, cell, message):
    file = write_text(tmp_path, "t.csv", f"path,label,rater\na.mp4,joy,{cell}\n") / "t.csv"
    with pytest.raises(ConfigError, match=message):
        read_answers(file)
    assert [row.rater for row in read_answers(file, rater="Ann")] == ["Ann"]


def test_imported_file_that_is_no_table_is_an_error(tmp_path):
    project = write_project(tmp_path)
    with pytest.raises(CorpusError, match="needs columns for path and label"):
        import_answers(project, write_text(tmp_path, "t.csv", "a,b\n1,2\n") / "t.csv", rater="Ann")
    with pytest.raises(CorpusError, match="There is no"):
        import_answers(project, tmp_path / "gone.csv", rater="Ann")
