import numpy as np
import pytest

from ferfusion.preparation import face_spool
from ferfusion.preparation.face_spool import RowFile


@pytest.mark.parametrize("count", [0, 1, 4, 5, 12, 13])
@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
def test_row_file_returns_rows_of_memory_and_file_in_any_order(tmp_path, monkeypatch, count, dtype):
    monkeypatch.setattr(face_spool, "_ROWS_IN_MEMORY", 4)
    monkeypatch.setattr(face_spool, "_ROWS_AT_ONCE", 3)
    rows = np.random.default_rng(0).uniform(0, 200, (count, 2, 5)).astype(dtype)
    kept = RowFile(tmp_path, dtype, (2, 5))
    for row in rows:
        kept.add(row)
    order = np.random.default_rng(1).permutation(count)
    pieces = list(kept.read(order.tolist()))
    kept.close()
    assert all(len(piece) <= 3 for piece in pieces)
    assert np.array_equal(np.concatenate([np.zeros((0, 2, 5), dtype), *pieces]), rows[order])


def test_row_file_takes_rows_after_some_were_read(tmp_path, monkeypatch):
    monkeypatch.setattr(face_spool, "_ROWS_IN_MEMORY", 2)
    kept = RowFile(tmp_path, np.uint8, (1,))
    for k in range(7):
        kept.add(np.array([k], np.uint8))
        assert [int(row) for piece in kept.read(range(k + 1)) for row in piece[:, 0]] == list(range(k + 1))
    kept.close()
