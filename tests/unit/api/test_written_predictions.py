import json

import pytest

import ferfusion as fer
from helpers.written import write_prediction_folder


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return fer.read_prediction(write_prediction_folder(tmp_path_factory.mktemp("p") / "a", actions=True))


def test_prediction_is_read_as_it_was_written(written):
    assert written.video == "a.mp4"
    assert written.labels.names == ("Happiness", "Neutral")
    assert len(written.table) == 120
    assert [verdict.face for verdict in written.verdicts] == [0, 1, 2]
    assert written.verdicts[0].interval == (0.4, 0.8)
    assert written.spans[1][0].start == 6.0
    assert written.statement.startswith("Face 0 displays Happiness")
    assert repr(written) == "WrittenPrediction('a.mp4': 120 rows, 3 faces)"
    assert written.colours["Happiness"] == "#f0c419"
    assert written.unsure == "unsure"


def test_prediction_that_predict_writes_can_be_read(model, sample_corpus, tmp_path):
    seen = model.predict(sample_corpus / "s01/fear/s01_fear_1.mp4", out=tmp_path, progress=False)
    again = fer.read_prediction(seen.folder)
    assert again.table["frame"].tolist() == seen.table["frame"].tolist()
    assert [one.expression for one in again.verdicts] == [one.expression for one in seen.verdicts]
    assert again.statement == seen.statement


def test_apex_frames_are_the_tops_of_each_face_and_class(written):
    apex = written.apex_frames()
    found = {(row.face, row.expression): row.seconds for row in apex.itertuples()}
    assert found == {(0, "Happiness"): 0.0, (0, "Neutral"): 2.5, (1, "Happiness"): 6.0, (2, "Neutral"): 2.0}


def test_strongest_actions_are_those_beyond_rest(written):
    assert written.strongest_actions(0, 1.0) == ["lip corners pulled up"]
    assert written.strongest_actions(0, 4.0) == []
    with pytest.raises(fer.ConfigError, match="no face 9"):
        written.strongest_actions(9, 0)


def test_actions_that_were_not_estimated_are_refused(tmp_path):
    seen = fer.read_prediction(write_prediction_folder(tmp_path / "a"))
    assert not seen.has_actions
    with pytest.raises(fer.ConfigError, match="predict again with facial actions"):
        seen.strongest_actions(0, 0)


def test_names_are_in_table_and_statement(written):
    named = written.with_changes(names={0: "Ada", 2: ""})
    assert set(named.table["name"]) == {"Ada", ""}
    assert named.statement.startswith("Ada displays")
    assert written.statement.startswith("Face 0")  # the value itself does not change


def test_joined_faces_are_one_with_a_verdict_over_both(written):
    joined = written.with_changes(joined={1: 0})
    assert [verdict.face for verdict in joined.verdicts] == [0, 2]
    first = joined.verdicts[0]
    assert first.frames == 90
    assert first.probabilities["Happiness"] == pytest.approx((25 * 0.9 + 25 * 0.2 + 40 * 0.7) / 90)
    assert [(span.expression, span.start) for span in joined.spans[0]] == [
        ("Happiness", 0.0),
        ("Neutral", 2.5),
        ("Happiness", 6.0),
    ]
    assert set(joined.table["face"].dropna()) == {0, 2}


def test_faces_that_are_in_view_together_are_two_people(written):
    with pytest.raises(fer.ConfigError, match=r"Face 0 and face 2 are both in view at 2\.00 s"):
        written.with_changes(joined={2: 0})


def test_left_out_face_has_no_numbers_and_every_frame_has_a_row(written):
    left = written.with_changes(left_out={0})
    assert left.table["frame"].nunique() == 100
    assert set(left.table["face"].dropna()) == {1, 2}
    out = left.table[left.table["status"] == "left_out"]
    assert len(out) == 30  # face 2 is in view in the other 20
    assert out["p_happiness"].isna().all()
    assert "Face 0" not in left.statement
    assert "All faces are left out" in written.with_changes(left_out={0, 1, 2}).statement


@pytest.mark.parametrize(
    "changes", [{"names": {7: "x"}}, {"left_out": {7}}, {"joined": {7: 0}}, {"joined": {0: 7}}]
)
def test_unknown_face_is_refused(written, changes):
    with pytest.raises(fer.ConfigError, match="There is no face 7"):
        written.with_changes(**changes)


def test_name_with_a_line_break_is_refused(written):
    with pytest.raises(fer.ConfigError, match=r"The name of face 0 has a control character: 'A\\nB'"):
        written.with_changes(names={0: "A\nB"})


def test_chain_of_joins_is_refused(written):
    with pytest.raises(fer.ConfigError, match="cannot have faces joined"):
        written.with_changes(joined={1: 0, 0: 2})


def test_saved_tables_have_the_changes(written, tmp_path):
    folder = written.with_changes(names={0: "Ada"}, joined={1: 0}, left_out={2}).save_tables(tmp_path / "new")
    record = json.loads((folder / "verdict.json").read_text())
    assert [(face["face"], face["name"]) for face in record["faces"]] == [(0, "Ada")]
    assert record["changes"] == {"names": {"0": "Ada"}, "left_out": [2], "joined": {"1": 0}}
    assert "Ada" in (folder / "frames.csv").read_text()


@pytest.mark.parametrize("damage", ["verdict.json", "frames.csv"])
def test_damaged_prediction_is_one_line(tmp_path, damage):
    folder = write_prediction_folder(tmp_path / "a")
    (folder / damage).write_text("{")
    with pytest.raises(fer.RunError, match=damage):
        fer.read_prediction(folder)


def test_tables_of_other_classes_are_refused(tmp_path):
    folder = write_prediction_folder(tmp_path / "a")
    record = json.loads((folder / "verdict.json").read_text())
    record["faces"][0]["probabilities"] = {"Fear": 1, "Anger": 0}
    (folder / "verdict.json").write_text(json.dumps(record))
    with pytest.raises(fer.RunError, match="different classes"):
        fer.read_prediction(folder)
