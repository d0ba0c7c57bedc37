import pytest

import ferfusion as fer
from ferfusion.errors import ConfigError
from helpers.curated import write_answers, write_curated


def test_check_writes_into_the_dataset_and_keeps_what_it_found(tmp_path):
    dataset = write_curated(tmp_path / "data", people=3, labels={"S00_fear_0": "Anger"})
    study = write_answers(tmp_path / "study", dataset, {"S00_fear_0": "Fear"}, uar_low={"a": 0.5}, seeds=3)
    checked = fer.check(fer.Dataset(tmp_path / "data"), studies=[study], progress=False)
    assert checked.page == tmp_path / "data" / "check" / "check.html"
    assert checked.page.is_file()
    assert checked.doubtful_labels["video"].tolist() == ["S00_fear_0"]
    assert len(checked.classes) == len(checked.people) == 3
    assert checked.copies.empty
    assert checked.rated.empty
    assert checked.lost_faces.empty
    assert checked.alpha is None
    assert repr(checked).endswith("0 groups of near copies, 1 contradicted label)")
    assert "<dt>Doubtful labels</dt>" in checked._repr_html_()
    assert fer.Dataset(tmp_path / "data").counts == dataset.counts  # the folder is still a dataset


def test_check_writes_where_it_is_told_and_refuses_a_wrong_place(tmp_path):
    write_curated(tmp_path / "data", people=1)
    assert fer.check(tmp_path / "data", out=tmp_path / "out", progress=False).page.parent == tmp_path / "out"
    with pytest.raises(ConfigError):
        fer.check(tmp_path / "data", out="")
