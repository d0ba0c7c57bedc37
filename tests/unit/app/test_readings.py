import pytest

from ferfusion.app.home import new_id, read_json
from ferfusion.app.jobs import Job
from ferfusion.app.problems import Problem
from ferfusion.app.readings import Readings, change_face, photographs_row, result_row
from helpers.written import write_prediction_folder


@pytest.fixture
def opened(tmp_path):
    """A job with a result, and its folder."""
    folder = tmp_path / "job"
    folder.mkdir()
    written = write_prediction_folder(tmp_path / "out" / "a")
    return Job(id=new_id(), name="a.mp4", kind="video", folder=str(written)), folder


def say(opened, face, said):
    job, folder = opened
    change_face(job, folder, face, said)


def row_of(opened):
    return result_row(opened[0], Readings().of(*opened), {"width": 64, "height": 48})


def test_result_row_has_what_the_page_shows(opened):
    row = row_of(opened)
    assert row["video"] == {"width": 64, "height": 48, "fps": 10.0, "seconds": 10.0, "frames": 100}
    assert [face["face"] for face in row["faces"]] == [0, 1, 2]
    assert row["faces"][0]["verdict"]["expression"] == "Happiness"
    assert row["reading"] == [
        "Face 0 displays Happiness (mean probability 0.55).",
        "2 more faces are in the table.",
    ]
    assert row["apex"][0]["face"] == 0
    assert not row["has_source"]


def test_last_readings_stay_open_until_they_change(opened):
    readings = Readings()
    first = readings.of(*opened)
    assert readings.of(*opened) is first
    say(opened, 0, {"name": "Ada"})
    assert readings.of(*opened) is not first
    for _ in range(5):
        readings.of(Job(id=new_id(), name="a", kind="video", folder=opened[0].folder), opened[1])
    assert len(readings._open) == 3


def test_faces_are_renamed_left_out_joined_and_parted(opened):
    say(opened, 0, {"name": "  Ada "})
    say(opened, 2, {"left_out": True})
    say(opened, 0, {"join": 1})
    faces = row_of(opened)["faces"]
    assert [(face["name"], face["joined"], face["left_out"]) for face in faces] == [
        ("Ada", [1], False),
        ("", [], True),
    ]
    assert (opened[1] / "changed" / "frames.csv").is_file()
    say(opened, 0, {"join": None})
    say(opened, 2, {"left_out": False})
    say(opened, 0, {"name": ""})
    assert [face["face"] for face in row_of(opened)["faces"]] == [0, 1, 2]
    assert not (opened[1] / "changed").exists()


@pytest.mark.parametrize(
    ("face", "said", "words"),
    [
        (0, {"join": 0}, "not with itself"),
        (0, {"join": 2}, "two people"),
        (7, {"name": "x"}, "no face 7"),
        (0, {"join": 7}, "no face 7"),
    ],
)
def test_change_that_cannot_be_is_refused_and_nothing_changes(opened, face, said, words):
    say(opened, 1, {"name": "Bo"})
    before = read_json(opened[1] / "faces.json")
    with pytest.raises(Problem, match=words):
        say(opened, face, said)
    assert read_json(opened[1] / "faces.json") == before
    assert (opened[1] / "changed" / "frames.csv").is_file()


def test_photographs_are_rows_of_their_faces(tmp_path):
    from ferfusion.app.home import write_json

    faces = [
        {"photograph": name, "face": n, "probabilities": {"Fear": 1.0}} for name, n in (("a", 0), ("a", 1))
    ]
    write_json(tmp_path / "verdict.json", {"model": "m", "photographs": 2, "faces": faces})
    row = photographs_row(Job(id=new_id(), name="p", kind="photographs", folder=str(tmp_path)))
    assert row["kind"] == "photographs"
    assert [one["name"] for one in row["photographs"]] == ["a"]
    assert row["reading"] == ["Photographs: 2; faces: 2."]
