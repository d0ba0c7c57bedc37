import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.labelling.answers import Answers, Mark
from helpers.label_projects import write_project


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path)


@pytest.fixture
def answers(project):
    return Answers(project, "Ann")


def test_marks_are_kept_in_the_order_of_their_time(answers):
    answers.mark("0000", "joy", 4, 5, intensity=2, note="big")
    answers.mark("0000", "anger", 1, 4)
    answers.mark("0001", "calm", 0, 10)
    assert answers.read()["0000"].marks == (
        Mark(2, "anger", 1, 4),
        Mark(1, "joy", 4, 5, 2, "big"),
    )
    assert answers.read()["0001"].marks == (Mark(3, "calm", 0, 10),)


def test_mark_replaces_another_and_undo_brings_it_back(answers):
    first = answers.mark("0000", "joy", 1, 2)
    answers.mark("0000", "anger", 1.5, 3, mark=first.id)
    assert answers.read()["0000"].marks == (Mark(1, "anger", 1.5, 3),)
    answers.remove("0000", 1)
    answers.done("0000")
    assert answers.read()["0000"].is_done
    assert answers.undoable == 4
    assert [answers.undo() for _ in range(5)] == ["0000", "0000", "0000", "0000", None]
    assert answers.read()["0000"].marks == ()
    answers.mark("0000", "calm", 1, 2)
    assert answers.undo() == "0000"
    assert answers.undoable == 0


def test_a_models_answer_that_was_shown_is_noted_before_the_item_is_finished(answers):
    answers.done("0001")
    answers.show("0001")
    answers.show("0000")
    assert not answers.read()["0001"].was_shown
    assert answers.read()["0000"].was_shown
    answers.done("0001", is_done=False)
    assert not answers.read()["0001"].was_shown  # the first answer stands
    answers.mark("0001", "joy", 1, 2)
    answers.done("0001")
    assert answers.read()["0001"].was_shown
    assert [answers.undo() for _ in range(5)] == ["0001"] * 4 + [None]
    assert answers.read()["0000"].was_shown
    assert answers.read()["0001"].was_shown  # nothing was answered before it was shown


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (("fear", 1, 2, None), "Unknown expression 'fear'; this label set has joy, anger, calm"),
        (("joy", 2, 1, None), "A stretch begins before it ends"),
        (("joy", -1, 1, None), "within the 10.00 s of the video, got -1 to 1 s"),
        (("joy", 9, 11, None), "got 9 to 11 s"),
        (("joy", float("nan"), 2, None), "A stretch begins before it ends"),
        (("joy", None, None, None), "give start and end in seconds"),
        (("joy", 1, 2, 6), "intensity must be 1 to 5, got 6"),
        (("joy", 4.5, 6, None), "overlaps calm, 4 to 5 s; change or remove that one first"),
    ],
)
def test_mark_refuses_what_cannot_be(answers, mark, words):
    answers.mark("0000", "calm", 4, 5)
    *what, intensity = mark
    with pytest.raises(ConfigError, match=words):
        answers.mark("0000", *what, intensity=intensity)
    assert len(answers.read()["0000"].marks) == 1


def test_marks_may_touch(answers):
    answers.mark("0000", "calm", 4, 5)
    answers.mark("0000", "joy", 5, 6)
    assert len(answers.read()["0000"].marks) == 2


@pytest.mark.parametrize(
    ("item", "mark", "words"), [("9", 1, "Ann has no item '9'"), ("0000", 7, "no mark 7")]
)
def test_remove_and_mark_refuse_what_is_not_there(answers, item, mark, words):
    with pytest.raises(ConfigError, match=words):
        answers.remove(item, mark)
    with pytest.raises(ConfigError, match=words):
        answers.mark(item, "joy", 1, 2, mark=mark)


def test_whole_video_has_one_label_and_needs_one_to_be_finished(tmp_path):
    answers = Answers(write_project(tmp_path, marks="videos", intensities=0), "Ann")
    with pytest.raises(ConfigError, match="has no label yet"):
        answers.done("0000")
    answers.mark("0000", "joy")
    answers.mark("0000", "calm")
    assert answers.read()["0000"].marks == (Mark(1, "calm"),)
    answers.done("0000")
    with pytest.raises(ConfigError, match="intensity is not asked for here"):
        answers.mark("0000", "calm", intensity=1)
    with pytest.raises(ConfigError, match="labels whole videos; give no start and end"):
        answers.mark("0000", "calm", 1, 2)


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_half_a_line_of_a_killed_process_is_not_counted_and_cut_off(project, answers, cut):
    answers.mark("0000", "joy", 1, 2)
    answers.mark("0000", "calm", 2, 3)
    file = project.folder / "answers" / "Ann.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    assert [mark.label for mark in answers.read()["0000"].marks] == ["joy"]
    answers.mark("0000", "anger", 5, 6)
    assert [mark.label for mark in answers.read()["0000"].marks] == ["joy", "anger"]
    assert all(json.loads(line) for line in file.read_text().splitlines())


@pytest.mark.parametrize("line", [b"{", b"[1]", b'{"action": "mark"}', b'{"action": "fly"}', b"\xff"])
def test_damaged_line_is_named(project, answers, line):
    file = project.folder / "answers" / "Ann.jsonl"
    file.parent.mkdir()
    file.write_bytes(line + b"\n")
    with pytest.raises(DatasetError, match=r"Ann\.jsonl is damaged in line 1"):
        answers.read()


def test_acts_of_threads_are_all_kept(project):
    def act(number):
        Answers(project, "Ann").mark("0000", "joy", number / 10, number / 10 + 0.1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(40)))
    marks = Answers(project, "Ann").read()["0000"].marks
    assert sorted(mark.id for mark in marks) == list(range(1, 41))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.integers(0, 3), max_size=12))
def test_undoing_everything_gives_the_first_state(tmp_path_factory, acts):
    answers = Answers(write_project(tmp_path_factory.mktemp("undo")), "Ann")
    states = [answers.read()]
    for number, act in enumerate(acts):
        marks = answers.read()["0000"].marks
        if act == 0:
            answers.mark("0000", "joy", number / 2, number / 2 + 0.4)
        elif act == 1 and marks:
            answers.remove("0000", marks[0].id)
        elif act == 2 and marks:
            answers.mark("0000", "calm", marks[0].start, marks[0].end, mark=marks[0].id)
        elif act == 3:
            answers.done("0000", is_done=not answers.read()["0000"].is_done)
        else:
            continue
        states.append(answers.read())
    for state in reversed(states[:-1]):
        answers.undo()
        assert answers.read() == state


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", "1"), ("label", "awe"), ("start", "soon"), ("end", 10**400), ("intensity", 2.5), ("note", None)],
)
def test_a_mark_that_another_program_wrote_wrongly_is_named(project, answers, name, value):
    answers.mark("0000", "joy", 1.0, 2.0)
    file = project.folder / "answers" / "Ann.jsonl"
    act = json.loads(file.read_text())
    act["mark"][name] = value
    file.write_text(json.dumps(act) + "\n")
    with pytest.raises(DatasetError, match=r"Ann\.jsonl is damaged in line 1"):
        answers.read()
