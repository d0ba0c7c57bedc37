import pytest

from ferfusion.preparation.dataset import DATA_COLUMNS, VIDEO_COLUMNS
from ferfusion.preparation.labelled_video import FRAME_COLUMNS
from ferfusion.reporting.columns.page import table_kind


@pytest.mark.parametrize(
    ("folder", "file", "columns"),
    [
        ("DATASET", "data.csv", DATA_COLUMNS),
        ("DATASET", "frames.csv", ("video", *FRAME_COLUMNS)),
        ("DATASET", "videos.csv", VIDEO_COLUMNS),
    ],
)
def test_datasets_have_the_columns_that_are_written_in_this_order(folder, file, columns):
    kind = table_kind(folder, file)
    assert kind is not None
    assert [column.name for column in kind.columns if not column.name.startswith("<")] == list(columns)
