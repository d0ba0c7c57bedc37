import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.curation.check_dataset import CHECK_FILES, check_dataset
from ferfusion.errors import DatasetError, RunError
from ferfusion.preparation.dataset import open_dataset
from ferfusion.reporting.columns.page import table_kind
from helpers.curated import write_answers, write_curated, write_votes
from helpers.stills import fer_table


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def test_check_dataset_writes_documented_tables_and_replaces_those_of_an_earlier_check(tmp_path):
    dataset = write_curated(tmp_path / "data", people=3, shows={"S02_fear_0": "S01_anger_0"})
    dataset = write_votes(dataset, {"S00_fear_0": (2, 1)}, ("anger", "fear"))
    study = write_answers(tmp_path / "study", dataset, {"S00_fear_0": "Anger"}, uar_low={"a": 0.5}, seeds=3)
    out = tmp_path / "check"
    check_dataset(dataset, out, studies=[study])
    assert names_in(out) == set(CHECK_FILES)
    for path in out.glob("*.csv"):
        kind = table_kind("CHECK", path.name)
        assert kind is not None
        assert kind.unknown(list(pd.read_csv(path).columns)) == []
    check_dataset(dataset, out)
    assert names_in(out) == {*CHECK_FILES} - {"doubtful_labels.csv"}
    with pytest.raises(RunError, match="data holds other files; name a new folder for the check"):
        check_dataset(dataset, dataset.root)


def test_check_dataset_without_a_used_video_says_so(tmp_path):
    unused = {f"S00_{name}_0": "no face" for name in ("anger", "fear", "sadness")}
    dataset = write_votes(
        write_curated(tmp_path / "data", people=1, left_out=unused), {"S00_fear_0": (2, 1)}, ("anger", "fear")
    )
    found = check_dataset(dataset, tmp_path / "check")
    assert found.lines["counts"][0] == "No video of Anger, Fear and Sadness."
    assert found.lines["copies"] == ["No two videos with near-identical crops."]
    assert found.rated is None


def test_check_dataset_refuses_a_damaged_table_of_people(tmp_path):
    dataset = write_curated(tmp_path / "data", people=1)
    dataset.subjects_file.write_text("subject,age\nS00,30\nS00,31\n")
    with pytest.raises(DatasetError, match="subject 'S00' comes twice"):
        check_dataset(dataset, tmp_path / "check")


@pytest.fixture(scope="module")
def stills(tmp_path_factory):
    root = tmp_path_factory.mktemp("stills")
    fer.prepare(
        fer_table(root / "corpus", per_class=1), root / "data", labels="seven", engine="here", progress=False
    )
    return open_dataset(root / "data")


def test_check_dataset_of_photographs_of_unknown_people_has_no_table_of_people(stills, tmp_path):
    found = check_dataset(stills, tmp_path / "check")
    assert "people.csv" not in names_in(tmp_path / "check")
    assert "people" not in found.classes
    assert found.rated.alpha == 1
    page = (tmp_path / "check" / "check.html").read_text(encoding="utf-8")
    assert "people unknown" in page
    assert "--folds" not in page
