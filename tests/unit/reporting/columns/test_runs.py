import pytest

from ferfusion.data.pairs import IDENTITY_COLUMNS as PAIR_COLUMNS
from ferfusion.evaluation.run_folder import EPOCH_COLUMNS
from ferfusion.evaluation.scoring import SCORE_COLUMNS
from ferfusion.preparation.clip_identities import IDENTITY_COLUMNS
from ferfusion.reporting.columns.page import table_kind


@pytest.mark.parametrize(
    ("folder", "file", "columns"),
    [
        ("RUN", "metrics.csv", EPOCH_COLUMNS),
        ("RUN", "scores.csv", SCORE_COLUMNS),
        ("RUN", "predictions.csv", ("part", *PAIR_COLUMNS, "p_<class>", "expression")),
        ("RUN", "splits.csv", (IDENTITY_COLUMNS[0], "part", *IDENTITY_COLUMNS[1:], "crops")),
    ],
)
def test_runs_have_the_columns_that_are_written_in_this_order(folder, file, columns):
    kind = table_kind(folder, file)
    assert kind is not None
    assert [column.name for column in kind.columns if not column.name.startswith("<")] == list(columns)
