import pytest

from ferfusion.reporting.columns.page import table_kind
from ferfusion.studies.study_folder import TABLES


@pytest.mark.parametrize(
    ("folder", "file", "columns"),
    [
        ("STUDY", f"{name}.csv", columns)
        for name, columns in TABLES.items()
        if name not in ("error_patterns", "costs")  # which have further columns
    ],
)
def test_studies_have_the_columns_of_their_owner(folder, file, columns):
    kind = table_kind(folder, file)
    assert kind is not None
    assert {column.name for column in kind.columns} == set(columns)
