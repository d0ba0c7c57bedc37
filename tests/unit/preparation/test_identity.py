import pandas as pd
import pytest

from ferfusion.errors import RunError
from ferfusion.files import read_json, write_json
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.identity import (
    dataset_identity,
    identity_differences,
    read_clip_identities,
    record_identity,
)
from ferfusion.tables import write_table
from helpers.datasets import write_dataset


@pytest.fixture
def dataset(tmp_path):
    return write_dataset(tmp_path / "dataset", frames=3)


def changed(dataset, **cells):
    """The dataset with other cells in the rows of one clip."""
    table = pd.read_csv(dataset / "data.csv", dtype=str)
    rows = table["clip"] == "S00_fear_0"
    for column, value in cells.items():
        table.loc[rows, column] = value
    table.to_csv(dataset / "data.csv", index=False)
    return open_dataset(dataset)


@pytest.mark.parametrize("cells", [{"emotion": "Anger", "code": "0"}, {"subject": "S77"}, {"clip": "other"}])
def test_dataset_identity_changes_with_a_label_a_subject_or_a_clip(dataset, cells):
    before = dataset_identity(open_dataset(dataset))
    assert dataset_identity(open_dataset(dataset)) == before
    assert dataset_identity(changed(dataset, **cells)) != before


def test_dataset_identity_changes_with_the_content_of_a_clip(dataset):
    write_json(dataset / ".clips.json", {})
    before = dataset_identity(open_dataset(dataset))
    source = open_dataset(dataset)
    entry = {"sha256": "ab" * 32, "bytes": 1, "times_ns": [1, 1]}
    write_json(dataset / ".clips.json", {"S00_fear_0": entry})
    assert dataset_identity(source) != before
    assert source.clips.set_index("clip")["content"]["S00_fear_0"] == "ab" * 8


def test_record_identity_adds_it_to_the_header_and_leaves_the_rest(dataset):
    before = read_json(dataset / "dataset.json")
    source = open_dataset(dataset)
    record_identity(source)
    assert read_json(dataset / "dataset.json") == before | {"identity": dataset_identity(source)}


def test_identity_differences_name_a_clip_of_another_content_only_where_both_are_known():
    rows = {"clip": ["a", "b"], "subject": "s", "emotion": "e", "rows": "r"}
    kept = pd.DataFrame(rows | {"content": ["1", ""]})
    today = pd.DataFrame(rows | {"content": ["2", "3"]})
    assert identity_differences(kept, today) == ["clips of another content: 1 (a)"]


def test_read_clip_identities_refuses_a_table_without_its_columns(tmp_path):
    write_table(tmp_path / "clips.csv", pd.DataFrame({"clip": ["a"]}))
    with pytest.raises(RunError, match="lacks the columns subject, emotion, rows, content"):
        read_clip_identities(tmp_path / "clips.csv")
