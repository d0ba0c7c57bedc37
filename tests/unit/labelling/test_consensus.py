import pytest

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.labelling.agreement import gather_ratings
from ferfusion.labelling.answers import Answers, Mark
from ferfusion.labelling.consensus import decide, majority, marks_of, read_decisions, undecided
from helpers.label_projects import write_project

RATERS = ("Ann", "Ben", "Cem")


def rate(project, marks):
    for rater, of_rater in zip(project.raters, marks, strict=True):
        for mark in of_rater:
            *what, intensity = mark
            Answers(project, rater).mark("0000", *what, intensity=intensity)
        Answers(project, rater).done("0000")
    return gather_ratings(project, {rater: Answers(project, rater).read() for rater in project.raters})


def test_majority_of_stretches_is_decided_tenth_by_tenth(tmp_path):
    project = write_project(tmp_path, raters=RATERS)
    marks = [[("joy", 1, 4, 2)], [("joy", 2, 5, 4)], [("anger", 3, 6, None)]]
    assert majority(project, rate(project, marks), 0) == (Mark(1, "joy", 2.0, 4.0, 2),)


@pytest.mark.parametrize("raters", [("Ann",), ("Ann", "Ben")])
def test_majority_of_those_who_say_exactly_the_same_is_what_they_say(tmp_path, raters):
    project = write_project(tmp_path, raters=raters)
    marks = [("joy", 1.234, 1.267, 2), ("joy", 1.267, 4.01, None)]  # one is shorter than a tenth of a second
    assert majority(project, rate(project, [marks] * len(raters)), 0) == (
        Mark(1, "joy", 1.234, 1.267, 2),
        Mark(2, "joy", 1.267, 4.01),
    )


def test_majority_of_whole_videos_and_none_of_three_opinions(tmp_path):
    project = write_project(tmp_path / "a", raters=RATERS, marks="videos")
    ratings = rate(project, [[("joy", None, None, 1)], [("joy", None, None, 5)], [("calm", None, None, 3)]])
    assert majority(project, ratings, 0) == (Mark(1, "joy", intensity=1),)
    assert undecided(project, ratings, {}) == []
    project = write_project(tmp_path / "b", raters=RATERS, marks="videos")
    ratings = rate(project, [[(label, None, None, None)] for label in ("joy", "anger", "calm")])
    assert majority(project, ratings, 0) is None
    assert undecided(project, ratings, {}) == [project.items[0]]
    decide(project, "0000", [Mark(1, "calm")], by="Ann, Ben")
    assert undecided(project, ratings, read_decisions(project)) == []


def test_decisions_hold_and_the_last_one_counts(tmp_path):
    project = write_project(tmp_path)
    assert read_decisions(project) == {}
    decide(project, "0000", [Mark(1, "joy", 1, 2)], by="Ann")
    decide(project, "0000", marks_of([{"label": "calm", "start": 1, "end": 3, "intensity": 2}]), by=" Ben ")
    decision = read_decisions(project)["0000"]
    assert (decision.marks, decision.by) == ((Mark(1, "calm", 1, 3, 2),), "Ben")
    decide(project, "0001", [], by="Ann")
    assert read_decisions(project)["0001"].marks == ()


@pytest.mark.parametrize(
    ("marks", "by", "words"),
    [
        ([Mark(1, "joy", 1, 2)], " ", "Say who decided"),
        ([Mark(1, "fear", 1, 2)], "Ann", "Unknown expression 'fear'"),
        ([Mark(1, "joy", 1, 3), Mark(2, "calm", 2, 4)], "Ann", "overlaps joy"),
    ],
)
def test_decide_refuses_what_cannot_be(tmp_path, marks, by, words):
    with pytest.raises(ConfigError, match=words):
        decide(write_project(tmp_path), "0000", marks, by=by)


def test_marks_of_refuses_other_values():
    with pytest.raises(ConfigError, match="A mark has label, start, end, intensity and note, got lable"):
        marks_of([{"lable": "joy"}])


def test_read_decisions_names_a_damaged_line(tmp_path):
    project = write_project(tmp_path)
    (tmp_path / "consensus.jsonl").write_text('{"item": "0000"}\n')
    with pytest.raises(DatasetError, match=r"consensus.jsonl is damaged in line 1"):
        read_decisions(project)
