from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ferfusion.actions.names import ACTION_COLUMNS
from ferfusion.inference.frame_table import FrameRows
from ferfusion.inference.predict_faces import FrameRow
from ferfusion.label_set import SIX
from ferfusion.tables import write_table

NO_BOX = (None,) * 4


def face_row(frame, track, *, side=20.0, top_class=0):
    probabilities = np.full(6, 0.1, np.float32)
    probabilities[top_class] = 0.5
    return FrameRow(frame, frame / 25, track, (track, 2.0, side, side), "ok", probabilities)


def table_of(*rows):
    taken = FrameRows(SIX)
    for row in rows:
        taken.add(row)
    return taken.table()


def test_table_numbers_faces_by_area_and_ignores_boxes_without_a_face():
    table, numbers = table_of(
        face_row(0, 7),
        face_row(1, 7),
        face_row(1, 3, side=50.0),
        FrameRow(2, 0.08, None, (0.0, 0.0, 900.0, 900.0), "low_score", None),
    )
    assert table["face"].tolist()[:3] == [1, 1, 0]
    assert table["face"].isna().tolist() == [False, False, False, True]
    assert numbers == {3: 0, 7: 1}
    assert table["w"].tolist() == [20, 20, 50, 900]


def test_table_has_the_columns_of_the_contract_and_the_top_class():
    table, _ = table_of(*(face_row(code, 0, top_class=code) for code in range(6)))
    assert list(table) == [
        *"frame seconds face x y w h status".split(),
        *"p_anger p_disgust p_fear p_happiness p_sadness p_surprise".split(),
        "expression",
    ]
    assert table["expression"].tolist() == list(SIX.names)
    assert table["seconds"].tolist() == pytest.approx([k / 25 for k in range(6)])
    assert table["status"].tolist() == ["ok"] * 6


def test_table_has_no_numbers_in_a_row_without_a_face():
    table, numbers = table_of(FrameRow(0, 0.0, None, NO_BOX, "no_face", None))
    assert numbers == {}
    assert table[["face", *"xywh", *SIX.probability_columns, "expression"]].isna().all(axis=None)


def test_table_without_rows_has_its_columns():
    table, numbers = table_of()
    assert table.empty
    assert numbers == {}
    assert "p_fear" in table


def test_table_of_many_blocks_keeps_the_rows():
    rows = [face_row(k // 2, k % 2, side=20 + k % 2, top_class=k % 6) for k in range(10_000)]
    table, _ = table_of(*rows)
    assert table["frame"].tolist() == [row.frame for row in rows]
    assert table["expression"].tolist() == [SIX.names[k % 6] for k in range(10_000)]
    assert table["face"].tolist() == [1 - k % 2 for k in range(10_000)]


def test_table_of_an_hour_takes_few_megabytes():
    rows = FrameRows(SIX)
    row = face_row(0, 0)
    for _ in range(20_000):
        rows.add(row)
    table, _ = rows.table()
    hour = 3600 * 30 * table.memory_usage(deep=True, index=False).sum() / len(table)
    assert hour < 10e6


def test_write_table_keeps_the_table(tmp_path):
    table, _ = table_of(face_row(0, 4), FrameRow(1, 0.04, None, NO_BOX, "decode_error", None))
    write_table(tmp_path / "deep" / "frames.csv", table)
    read = pd.read_csv(tmp_path / "deep" / "frames.csv")
    assert list(read) == list(table)
    assert read["status"].tolist() == ["ok", "decode_error"]
    assert read["p_anger"].tolist()[0] == 0.5
    assert read.loc[1, "expression":].isna().all()


def test_actions_are_in_the_rows_that_have_them():
    taken = FrameRows(SIX, actions=True)
    taken.add(replace(face_row(0, 0), actions=np.arange(55, dtype=np.float32)))
    taken.add(face_row(1, 0))
    taken.add(FrameRow(2, 0.08, None, NO_BOX, "no_face", None))
    actions = taken.actions()
    assert list(actions) == list(ACTION_COLUMNS)
    assert actions.iloc[0].tolist() == list(range(55))
    assert actions.iloc[1:].isna().all(axis=None)
    assert list(taken.table()[0]) == list(table_of(face_row(0, 0))[0])
