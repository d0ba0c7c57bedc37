import pytest

from ferfusion.inference.explain_faces import LINE_COLUMNS
from ferfusion.inference.timeline import FRAME_COLUMNS
from ferfusion.inference.videos_table import COLUMNS
from ferfusion.reporting.columns.page import table_kind


@pytest.mark.parametrize(
    ("folder", "file", "columns"),
    [
        ("PREDICTIONS", "videos.csv", COLUMNS),
        ("EXPLANATION", "contributions.csv", LINE_COLUMNS),
        ("LIVE", "frames.csv", (*FRAME_COLUMNS, "p_<class>", "expression", "smoothed", "delay_ms")),
    ],
)
def test_predictions_have_the_columns_that_are_written_in_this_order(folder, file, columns):
    kind = table_kind(folder, file)
    assert kind is not None
    assert [column.name for column in kind.columns if not column.name.startswith("<")] == list(columns)
