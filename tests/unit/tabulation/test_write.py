import csv

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.inference.prediction_folder import batch_folder
from ferfusion.reporting.columns.page import table_kind
from ferfusion.tabulation import write
from ferfusion.tabulation.read import read_result
from ferfusion.tabulation.schema import Schema
from ferfusion.tabulation.write import write_tables
from helpers import tabulated


@pytest.fixture(scope="module")
def out(schema, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "out"
    rows = write_tables(schema, folder)
    assert rows == {"frames": 432, "videos": 144, "people": 24, "variants": 2}
    return folder


def test_write_tables_has_the_scores_of_the_study(out, study):
    videos, variants = pd.read_csv(out / "videos.csv"), pd.read_csv(out / "variants.csv")
    for name, own in videos.groupby("variant"):
        by_seed = own.groupby(["seed", "emotion"])["correct"].mean().groupby("seed").mean()
        row = variants.set_index("variant").loc[name]
        assert row["video_uar"] == pytest.approx(by_seed.mean(), abs=1e-12)
        assert row["video_war"] == pytest.approx(own["correct"].mean(), abs=1e-12)
    scores = study[1].query("level == 'video' and metric == 'uar'").set_index("variant")["value"]
    assert variants.set_index("variant")["video_uar"].to_dict() == pytest.approx(scores.to_dict())


def test_write_tables_are_plain_csv_with_documented_columns(out):
    described = pd.read_csv(out / "columns.csv")
    for name in ("frames", "videos", "people", "variants"):
        text = (out / f"{name}.csv").read_bytes()
        rows = list(csv.reader(text.decode().splitlines()))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert rows[0] == described.loc[described["table"] == name, "column"].tolist()
        assert text.splitlines()[0].isascii()
        assert b"\r" not in text
        kind = table_kind("TABLES", f"{name}.csv")
        fixed = [column for column in rows[0] if not column.startswith(("p_", "person_", "how_", "age"))]
        assert kind.unknown(fixed) == []
    people = pd.read_csv(out / "people.csv")
    assert people.loc[people["subject"] == "P0", "how_old"].unique().tolist() == ["'=1+1"]  # no formula


def test_write_tables_as_parquet_has_the_same_cells(out):
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("frames", "videos", "people", "variants"):
        table = parquet.read_table(out / f"{name}.parquet")
        plain = table.to_pandas().replace("=1+1", "'=1+1")
        pd.testing.assert_frame_equal(plain, pd.read_csv(out / f"{name}.csv"), check_dtype=False)
    assert table.schema.field("video_uar").type == "double"


def test_write_tables_of_batches_has_a_partition_for_each(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    for number in (1, 2):
        tabulated.write_predicted(batch_folder(tmp_path / "predicted", number))
    fer.tabulate(tmp_path / "predicted").save(tmp_path / "out")
    fer.tabulate(tmp_path / "predicted").save(tmp_path / "out")  # over the earlier ones
    assert sorted(path.name for path in (tmp_path / "out" / "frames.parquet").iterdir()) == [
        "batch=00001",
        "batch=00002",
    ]
    table = parquet.read_table(tmp_path / "out" / "frames.parquet").to_pandas()
    plain = pd.read_csv(tmp_path / "out" / "frames.csv")
    pd.testing.assert_frame_equal(table.drop(columns="batch"), plain, check_dtype=False)
    assert table["batch"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]


def test_write_tables_without_pyarrow_are_csv_alone(tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    schema = Schema(read_result(tabulated.write_predicted(tmp_path / "predicted")))
    monkeypatch.setattr(write, "import_module", missing)
    write_tables(schema, tmp_path / "out")
    write_tables(schema, tmp_path / "out")  # again, over the earlier tables
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".csv"}
    (tmp_path / "videos.csv").touch()
    with pytest.raises(fer.RunError, match="holds other files; name a new folder for the tables"):
        write_tables(schema, tmp_path)
