from dataclasses import replace

import pandas as pd
import pytest

from ferfusion.corpora.csv_table import list_csv
from ferfusion.corpora.entries import LabelledFace
from ferfusion.corpora.votes import with_votes_file
from ferfusion.errors import ConfigError
from ferfusion.files import write_json
from ferfusion.labelling.agreement import gather_ratings
from ferfusion.labelling.answers import Answers
from ferfusion.labelling.consensus import decide, marks_of
from ferfusion.labelling.project import Item, Project
from ferfusion.labelling.written_tables import answer_table, consensus_table, write_answers, write_consensus
from helpers.label_projects import CLASSES

FACES = (
    Item("0000", "clip.mp4", "Zoë", face=0, seconds=10.0),
    Item("0001", "clip.mp4", "Ömer", face=1, seconds=10.0),
)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "clip.mp4").touch()
    for item, x in (("0000", 5), ("0001", 90)):
        write_json(
            tmp_path / "boxes" / f"{item}.json", {"boxes": [[t / 10, x + t, 6, 20, 20] for t in range(100)]}
        )
    share = tuple(item.id for item in FACES)
    project = Project(tmp_path, CLASSES, items=FACES, shares={"Ann": share, "Ben": share})
    project.save()
    return project


def answered(project):
    for rater, end in (("Ann", 3.0), ("Ben", 4.0)):
        answers = Answers(project, rater)
        answers.mark("0000", "joy", 1.0, end, intensity=2)
        answers.done("0000")
        answers.done("0001")
    return {rater: Answers(project, rater).read() for rater in project.raters}


def test_answer_table_has_a_row_per_mark_and_one_for_an_item_without(project):
    table = answer_table(project, answered(project))
    assert table[["face", "label", "rater"]].values.tolist() == [
        [0, "joy", "Ann"],
        [1, "", "Ann"],
        [0, "joy", "Ben"],
        [1, "", "Ben"],
    ]
    assert table["end"].tolist()[::2] == [3.0, 4.0]
    assert table["intensity"].tolist()[0] == 2


def test_written_answers_are_rows_of_a_corpus_with_the_box_of_the_face(project, tmp_path):
    file = tmp_path / "out" / "labels.csv"
    write_answers(file, project, answered(project))
    entries = list_csv(file).entries
    assert [(entry.subject, entry.start_seconds, entry.end_seconds) for entry in entries] == [
        ("Zoë", 1.0, 3.0),
        ("Zoë", 1.0, 4.0),
    ]
    assert entries[0].face == LabelledFace("0", 2.0, (25.0, 6.0, 20.0, 20.0))
    assert entries[0].path.samefile(tmp_path / "clip.mp4")
    assert pd.read_csv(file)["rater"].tolist() == ["Ann", "Ben"]


def test_written_consensus_has_votes_beside_it(project, tmp_path):
    answers = answered(project)
    decide(project, "0001", marks_of([{"label": "anger", "start": 2, "end": 8}]), by="both")
    file = tmp_path / "out" / "labels.csv"
    write_consensus(file, project, gather_ratings(project, answers))
    table = pd.read_csv(file)
    assert table[["label", "start", "end", "rater"]].values.tolist() == [
        ["joy", 1.0, 3.0, "majority"],
        ["anger", 2.0, 8.0, "discussion"],
    ]
    votes = pd.read_csv(tmp_path / "out" / "votes.csv")
    assert votes.columns.tolist() == ["path", "start", "end", "face", "joy", "anger", "calm", "none"]
    assert votes.iloc[:, 4:].values.tolist() == [[2, 0, 0, 0], [0, 0, 0, 2]]
    read = with_votes_file(list_csv(file), file).votes
    assert read is not None
    assert read.counts == {"clip-1s-face0": (2, 0, 0, 0), "clip-2s-face1": (0, 0, 0, 2)}


@pytest.mark.parametrize(
    ("seen", "people"), [((0.0, 4.0), ["clip-person0", "clip-person1"]), ((6.0, 9.0), ["clip", "clip"])]
)
def test_written_labels_of_unknown_people_tell_faces_that_meet_apart(project, tmp_path, seen, people):
    times = ((0.0, 5.0), seen)
    items = tuple(replace(face, subject="", seen=own) for face, own in zip(FACES, times, strict=True))
    unknown = replace(project, items=items)
    for item in ("0000", "0001"):
        Answers(unknown, "Ann").mark(item, "joy", 1.0, 2.0)
    write_answers(tmp_path / "labels.csv", unknown, {"Ann": Answers(unknown, "Ann").read()})
    table = pd.read_csv(tmp_path / "labels.csv").sort_values("face")
    assert table["subject"].tolist() == people


@pytest.mark.parametrize(
    ("start", "end", "box"), [(0.0, 0.2, "0.1 6 6 20 20"), (50.0, 60.0, "9.9 104 6 20 20")]
)
def test_written_box_is_of_the_second_nearest_to_the_middle(project, tmp_path, start, end, box):
    seen = replace(project, items=tuple(replace(item, seconds=99.0) for item in FACES))
    Answers(seen, "Ann").mark("0000", "joy", start, end)
    write_answers(tmp_path / "labels.csv", seen, {"Ann": Answers(seen, "Ann").read()})
    assert pd.read_csv(tmp_path / "labels.csv")["face_box"].tolist() == [box]


def test_consensus_table_leaves_out_what_nobody_agrees_on(project):
    for rater, label in (("Ann", "joy"), ("Ben", "anger")):
        Answers(project, rater).mark("0000", label, 1, 2)
        Answers(project, rater).done("0000")
    answers = {rater: Answers(project, rater).read() for rater in project.raters}
    assert consensus_table(project, gather_ratings(project, answers)).empty


def test_nothing_to_write_is_an_error(project, tmp_path):
    answers = {rater: Answers(project, rater).read() for rater in project.raters}
    with pytest.raises(ConfigError, match="has no label to write yet"):
        write_answers(tmp_path / "labels.csv", project, answers)
    with pytest.raises(ConfigError, match="has no label to write yet"):
        write_consensus(tmp_path / "labels.csv", project, gather_ratings(project, answers))
